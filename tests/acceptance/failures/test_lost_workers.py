"""A worker that dies, and a handler that takes its worker down: the request still ends once, and the fleet goes on."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from tests.acceptance.client import Client, connect
from tests.acceptance.figures import Figures
from tests.acceptance.processes import frozen, kill_and_wait, pid_of_run, worker_of
from tests.acceptance.streams import Message, attempts, pids, retry_codes, types
from tests.live import LiveStack
from tests.local.waiting import children_of, eventually

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
RECOVERY_SECONDS = 45.0
Kill = Callable[[LiveStack, int], Awaitable[None]]


async def _kill_child(live: LiveStack, child: int) -> None:
    await kill_and_wait(child)


async def _kill_parent(live: LiveStack, child: int) -> None:
    (parent,) = live.stack.pids(worker_of(live, child))
    await kill_and_wait(parent)


async def _kill_both(live: LiveStack, child: int) -> None:
    (parent,) = live.stack.pids(worker_of(live, child))
    await asyncio.gather(kill_and_wait(child), kill_and_wait(parent))


@pytest.mark.parametrize("kill", [_kill_child, _kill_parent, _kill_both], ids=["child", "parent", "both"])
async def test_it_works(crash_stack: LiveStack, alice: str, figures: Figures, kill: Kill, tmp_path: Path) -> None:
    async with connect(crash_stack, alice) as client:
        request_id = await client.submit("zoo_until", {"path": str(tmp_path / "end")})
        await kill(crash_stack, await pid_of_run(client, request_id))
        (tmp_path / "end").touch()
        stream = await client.whole_stream(request_id, seconds=RECOVERY_SECONDS)
        assert types(stream) == ["started", "progress", "retrying", "started", "progress", "complete"]
        assert (attempts(stream), retry_codes(stream)) == ([1, 2], ["WORKER_LOST"])
        assert len(pids(stream)) == 2
        again = await client.event(request_id, "retrying")
        last = max(one["timestamp"] for one in stream if one["seq"] < again["seq"])
        figures.add("a lost worker (lease of 3 s), until it is noticed", again["timestamp"] - last)
        await _log_is_the_same(crash_stack, alice, request_id, client)


async def test_one_that_was_only_frozen_changes_nothing_when_it_wakes(
    crash_stack: LiveStack, alice: str, bob: str, tmp_path: Path
) -> None:
    """A worker that was cut off for longer than its lease comes back and believes that it still has the request."""
    async with connect(crash_stack, alice) as client, connect(crash_stack, bob) as other:
        request_id = await client.submit("zoo_until", {"path": str(tmp_path / "end")})
        child = await pid_of_run(client, request_id)
        (parent,) = crash_stack.stack.pids(worker_of(crash_stack, child))
        with frozen(parent, child):
            (tmp_path / "end").touch()
            stream = await client.whole_stream(request_id, seconds=RECOVERY_SECONDS)
        assert (stream[-1]["type"], attempts(stream)) == ("complete", [1, 2])
        assert stream[-1]["result"]["pid"] != child
        await _fleet_works(other)  # the worker that was frozen takes part in that
        await client.ping()
        assert client.stream(request_id) == stream
        await _log_is_the_same(crash_stack, alice, request_id, client)


async def test_a_whole_fleet_that_was_frozen_does_no_harm_when_it_wakes(
    crash_stack: LiveStack, alice: str, tmp_path: Path
) -> None:
    """Both workers wake up with requests that were taken from them meanwhile, and only then take them anew."""
    async with connect(crash_stack, alice) as client:
        ids = [await client.submit("zoo_until", {"path": str(tmp_path / "end")}) for _ in range(2)]
        children = [await pid_of_run(client, request_id) for request_id in ids]
        assert len(set(children)) == 2
        parents = [crash_stack.stack.pids(worker_of(crash_stack, child))[0] for child in children]
        with frozen(*parents, *children):
            for request_id in ids:
                await client.event(request_id, "retrying", seconds=RECOVERY_SECONDS)
            (tmp_path / "end").touch()
        for request_id in ids:
            stream = await client.whole_stream(request_id, seconds=RECOVERY_SECONDS)
            assert (stream[-1]["type"], attempts(stream), retry_codes(stream)) == ("complete", [1, 2], ["WORKER_LOST"])
            await _log_is_the_same(crash_stack, alice, request_id, client)


async def _log_is_the_same(live: LiveStack, user: str, request_id: str, client: Client) -> None:
    headers = {"Authorization": f"Bearer {live.token(user)}"}
    async with httpx.AsyncClient(base_url=live.http_url, headers=headers, trust_env=False) as http:
        log = (await http.get(f"/api/requests/{request_id}/events/")).json()
    assert log["events"] == client.stream(request_id)


async def test_another_attempt_goes_on_from_the_last_checkpoint(crash_stack: LiveStack, alice: str, end: Path) -> None:
    async with connect(crash_stack, alice) as client:
        request_id = await client.submit("zoo_resumes", {"seconds": 4, "steps": 8, "path": str(end)})
        child = await pid_of_run(client, request_id)
        await client.until(lambda: len(client.stream(request_id)) > 4, "some steps are done")
        await kill_and_wait(child)
        end.touch()
        stream = await client.whole_stream(request_id, seconds=RECOVERY_SECONDS)
        assert (stream[-1]["type"], attempts(stream)) == ("complete", [1, 2])
        assert stream[-1]["result"]["begun_at"] >= 2


@pytest.mark.parametrize(
    ("action", "percentages"),
    [("zoo_resumes", (20, 40, 60)), ("zoo_slow", (20, 40, 10))],
    ids=["with checkpoints", "from the start"],
)
async def test_unrelated_deaths_do_not_end_it(
    crash_stack: LiveStack, alice: str, action: str, percentages: tuple[int, ...], end: Path
) -> None:
    async with connect(crash_stack, alice) as client:
        request_id = await client.submit(action, {"seconds": 6, "steps": 60, "path": str(end)})
        for attempt, percentage in enumerate(percentages, start=1):
            fits = _gets_to(request_id, attempt, percentage)
            there = await client.find(f"attempt {attempt} gets to {percentage} %", fits, RECOVERY_SECONDS)
            await kill_and_wait(int(there["metadata"]["pid"]))
        end.touch()
        stream = await client.whole_stream(request_id, seconds=RECOVERY_SECONDS)
    assert (stream[-1]["type"], retry_codes(stream)) == ("complete", ["WORKER_LOST"] * 3)
    assert attempts(stream) == [1, 2, 3, 4]


def _gets_to(request_id: str, attempt: int, percentage: int) -> Callable[[Message], bool]:
    def fits(message: Message) -> bool:
        told = message.get("request_id") == request_id and message["type"] == "progress"
        return told and message["attempt"] == attempt and message["percentage"] >= percentage

    return fits


async def test_poison_takes_two_workers_and_no_more(crash_stack: LiveStack, alice: str, bob: str) -> None:
    async with connect(crash_stack, alice) as client, connect(crash_stack, bob) as other:
        poison = await client.submit("zoo_poison")
        await client.event(poison, "started")
        fine = await other.submit("zoo_slow", {"seconds": 1})
        stream = await client.whole_stream(poison, seconds=RECOVERY_SECONDS)
        assert (attempts(stream), retry_codes(stream)) == ([1, 2], ["WORKER_LOST"])
        assert (stream[-1]["type"], stream[-1]["error"]["code"]) == ("error", "WORKER_LOST")
        assert stream[-1]["error"]["retryable"] is True
        assert (await other.whole_stream(fine))[-1]["type"] == "complete"
        await _fleet_works(other)


async def test_one_that_holds_the_interpreter_holds_up_nobody_else(
    crash_stack: LiveStack, alice: str, bob: str
) -> None:
    """No thread of its process can renew the lease or see a timeout. It ends because it is killed from outside."""
    async with connect(crash_stack, alice) as client, connect(crash_stack, bob) as other:
        stuck = await client.submit("zoo_gil")
        await client.event(stuck, "started")
        fine = await other.whole_stream(await other.submit("zoo_slow", {"seconds": 1}))
        assert fine[-1]["type"] == "complete"
        stream = await client.whole_stream(stuck, seconds=RECOVERY_SECONDS)
        assert (attempts(stream), retry_codes(stream)) == ([1, 2], ["WORKER_LOST"])
        assert stream[-1]["error"]["code"] == "WORKER_LOST"
        await asyncio.to_thread(eventually, lambda: _is_idle(crash_stack), "the stuck child is killed, too")
        await _fleet_works(other)


def _is_idle(stack: LiveStack) -> bool:
    """Return True if no worker has a child."""
    return not any(children_of(pid) for pid in stack.stack.pids("worker"))


async def _fleet_works(client: Client) -> None:
    """Check that both workers run a request at the same time."""
    ids = [await client.submit("zoo_slow", {"seconds": 60, "steps": 1200}) for _ in range(2)]
    running = {await pid_of_run(client, request_id) for request_id in ids}
    assert len(running) == 2
    for request_id in ids:
        await client.say("cancel", request_id=request_id)
        assert (await client.whole_stream(request_id))[-1]["type"] == "cancelled"
