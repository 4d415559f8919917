"""Ends of a bulk with real workers: poison fails alone, an early end leaves its file, and a redo goes on from it."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.client import connect
from tests.acceptance.processes import kill_and_wait
from tests.acceptance.requests.test_bulk import outcomes_of, runs_of
from tests.acceptance.streams import Message, attempts, retry_codes
from tests.live import LiveStack
from tests.local.waiting import eventually

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
_SECONDS = 120.0


def payload(ledger: Path, number: int, *, poison: tuple[int, ...] = (), seconds: float = 0.0) -> dict[str, Any]:
    """Make a bulk that writes each item into the ledger; the process dies at those in ``poison``."""
    items = [
        {"path": str(ledger), "number": index, "seconds": seconds, "poison": index in poison} for index in range(number)
    ]
    return {"operation": {"type": "action", "action": "zoo_ledger"}, "items": items}


def times(ledger: Path) -> Counter[int]:
    return Counter(number for _, number in runs_of(ledger))


async def done(ledger: Path, number: int) -> None:
    """Wait until so many items were begun."""
    await asyncio.to_thread(eventually, lambda: len(times(ledger)) >= number, f"{number} items were begun", 60.0)


@pytest.mark.parametrize(
    ("number", "poison"), [(300, (7,)), (300, (0, 1, 299)), (3_000, (1_500,))], ids=["small", "small, three", "shared"]
)
async def test_it_works(
    crash_stack: LiveStack, alice: str, tmp_path: Path, number: int, poison: tuple[int, ...]
) -> None:
    ledger = tmp_path / "ledger"
    async with connect(crash_stack, alice) as client:
        request_id = await client.submit("bulk_operation", payload(ledger, number, poison=poison))
        stream = await client.whole_stream(request_id, seconds=_SECONDS)
    assert stream[-1]["type"] == "complete", stream[-1]
    result = stream[-1]["result"]
    assert (result["succeeded"], result["errors"]) == (number - len(poison), {"WORKER_LOST": len(poison)})
    outcomes = await outcomes_of(crash_stack, result)
    assert [one["index"] for one in outcomes] == list(range(number))
    assert [one["index"] for one in outcomes if one["status"] == "failed"] == list(poison)
    assert all(times(ledger)[index] == 2 for index in poison)


async def test_two_losses_at_different_items_do_not_end_it(crash_stack: LiveStack, alice: str, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    async with connect(crash_stack, alice) as client:
        request_id = await client.submit("bulk_operation", payload(ledger, 200, seconds=0.05))
        for begun in (20, 60, 100):
            await done(ledger, begun)
            await kill_and_wait(runs_of(ledger)[-1][0])
        stream = await client.whole_stream(request_id, seconds=_SECONDS)
    assert (stream[-1]["type"], attempts(stream), retry_codes(stream)) == (
        "complete",
        [1, 2, 3, 4],
        ["WORKER_LOST"] * 3,
    )
    assert stream[-1]["result"]["succeeded"] == 200
    assert sum(number > 1 for number in times(ledger).values()) <= 3


async def test_a_cancel_leaves_its_file_and_a_redo_goes_on(crash_stack: LiveStack, alice: str, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    async with connect(crash_stack, alice) as client:
        request_id = await client.submit("bulk_operation", payload(ledger, 1_000, seconds=0.01))
        await done(ledger, 100)
        await client.say("cancel", request_id=request_id)
        stream = await client.whole_stream(request_id, seconds=_SECONDS)
        assert (stream[-1]["type"], stream[-1]["mode"]) == ("cancelled", "cooperative")
        succeeded = await _assert_file_tells(crash_stack, stream[-1])
        before = times(ledger)
        again = await client.ask("regenerate", request_id=request_id)
        stream = await client.whole_stream(again["request_id"], seconds=_SECONDS)
    assert stream[-1]["result"]["succeeded"] == 1_000
    assert all(times(ledger)[index] == before[index] == 1 for index in succeeded)
    assert [one["index"] for one in await outcomes_of(crash_stack, stream[-1]["result"])] == list(range(1_000))


async def test_one_that_is_killed_while_it_does_not_listen_leaves_its_file(
    crash_stack: LiveStack, alice: str, tmp_path: Path
) -> None:
    """An item of ten minutes calls no method of the context. Its process is ended after the grace."""
    ledger = tmp_path / "ledger"
    async with connect(crash_stack, alice) as client:
        bulk = payload(ledger, 50)
        bulk["items"][30]["seconds"] = 600.0
        request_id = await client.submit("bulk_operation", bulk)
        await done(ledger, 31)
        await client.say("cancel", request_id=request_id)
        stream = await client.whole_stream(request_id, seconds=_SECONDS)
        assert (stream[-1]["type"], stream[-1]["mode"]) == ("cancelled", "killed")
        assert await _assert_file_tells(crash_stack, stream[-1]) == set(range(30))


async def test_so_much_poison_that_it_ends_leaves_its_file(crash_stack: LiveStack, alice: str, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    async with connect(crash_stack, alice) as client:
        request_id = await client.submit("bulk_operation", payload(ledger, 40, poison=tuple(range(10, 40))))
        stream = await client.whole_stream(request_id, seconds=_SECONDS)
        assert stream[-1]["error"]["details"]["reason"] == "in_all", stream[-1]
        assert await _assert_file_tells(crash_stack, stream[-1]) == set(range(10))


async def _assert_file_tells(live: LiveStack, final: Message) -> set[int]:
    """Check that the file of a final message agrees with its receipt. Return the items that succeeded."""
    receipt = final["receipt"]
    outcomes = await outcomes_of(live, receipt)
    succeeded = {one["index"] for one in outcomes if one["status"] == "succeeded"}
    assert (len(succeeded), len(outcomes)) == (receipt["succeeded"], receipt["processed"])
    assert receipt["artifacts"]["outcomes"]["artifact_id"] in {one["artifact_id"] for one in final["artifacts"]}
    return succeeded
