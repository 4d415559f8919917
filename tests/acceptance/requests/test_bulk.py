"""A bulk that two workers share: each item has one outcome, and none that has it is done again, whoever dies."""

import json
from collections import Counter
from pathlib import Path

import httpx
import pytest

from tests.acceptance.client import Client, connect
from tests.acceptance.figures import Figures
from tests.acceptance.processes import kill_and_wait
from tests.acceptance.streams import Message
from tests.live import LiveStack

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
_ITEMS = 600


def runs_of(ledger: Path) -> list[tuple[int, int]]:
    """List (process, item) of each item that was begun, in order."""
    lines = ledger.read_text().splitlines() if ledger.exists() else []
    return [(int(pid), int(number)) for pid, number in map(str.split, lines)]


async def shared_by_two(client: Client, ledger: Path) -> list[int]:
    """Wait for two processes that work on it, and return them."""
    await client.until(lambda: len({pid for pid, _ in runs_of(ledger)}) == 2, "two workers share it", 60)
    return list(dict.fromkeys(pid for pid, _ in runs_of(ledger)))


@pytest.mark.parametrize("victim", [0, 1], ids=["its own", "the one that shares"])
async def test_it_works(crash_stack: LiveStack, alice: str, figures: Figures, tmp_path: Path, victim: int) -> None:
    ledger = tmp_path / "ledger"
    items = [{"path": str(ledger), "number": number, "seconds": 0.01} for number in range(_ITEMS)]
    operation = {"type": "action", "action": "zoo_ledger"}
    async with connect(crash_stack, alice) as client:
        payload = {"operation": operation, "items": items, "batch_size": 20}
        request_id = await client.submit("bulk_operation", payload)
        pids = await shared_by_two(client, ledger)
        await kill_and_wait(pids[victim])
        before = Counter(number for _, number in runs_of(ledger))
        stream = await client.whole_stream(request_id, seconds=90)
    result = stream[-1]["result"]
    assert (result["total_items"], result["succeeded"], result["failed"]) == (_ITEMS, _ITEMS, 0)
    assert "bulk_share" not in str(client.messages)
    outcomes = await outcomes_of(crash_stack, result)
    assert [one["index"] for one in outcomes] == list(range(_ITEMS))
    again = [number for number, times in Counter(number for _, number in runs_of(ledger)).items() if times > 1]
    # At most the item that was running when its worker died: nobody knew if it was done.
    assert len(again) <= 1 and max(before.values()) == 1
    assert all(outcomes[number]["result"]["result"]["pid"] != pids[victim] for number in again)
    processed = [one["metadata"]["processed"] for one in stream if "processed" in one.get("metadata", {})]
    assert max(processed) == _ITEMS
    figures.add("a bulk of 600 items, a worker killed", result["duration_seconds"])


async def outcomes_of(live: LiveStack, result: Message) -> list[Message]:
    async with httpx.AsyncClient(base_url=live.http_url, trust_env=False) as http:
        text = (await http.get(result["artifacts"]["outcomes"]["url"])).text
    return [json.loads(line) for line in text.splitlines()]
