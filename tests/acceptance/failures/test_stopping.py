"""Stopped with SIGTERM, as in a deployment: what runs is finished or handed back, and clients are told to come back."""

import asyncio
import json
import signal
from pathlib import Path

import pytest

from tests.acceptance.client import connect
from tests.acceptance.processes import pid_of_run, worker_of
from tests.acceptance.streams import attempts, pids, retry_codes
from tests.live import LiveStack
from tests.local.waiting import eventually

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
DRAIN = 4000


async def test_a_worker_finishes_what_is_nearly_done(crash_stack: LiveStack, alice: str, tmp_path: Path) -> None:
    async with connect(crash_stack, alice) as client:
        request_id = await client.submit("zoo_until", {"path": str(tmp_path / "end")})
        worker = worker_of(crash_stack, await pid_of_run(client, request_id))
        (before,) = crash_stack.stack.pids(worker)
        crash_stack.stack.kill(worker, signal.SIGTERM)
        (tmp_path / "end").touch()
        stream = await client.whole_stream(request_id)
    assert (stream[-1]["type"], attempts(stream)) == ("complete", [1])
    await asyncio.to_thread(
        eventually, lambda: _is_another(crash_stack.stack.pids(worker), before), "it is started again"
    )


def _is_another(pids: list[int], before: int) -> bool:
    return bool(pids) and before not in pids


async def test_a_drained_worker_finishes_and_leaves(crash_stack: LiveStack, alice: str, tmp_path: Path) -> None:
    manage = crash_stack.stack.manage
    async with connect(crash_stack, alice) as client:
        request_id = await client.submit("zoo_until", {"path": str(tmp_path / "end")})
        worker = worker_of(crash_stack, await pid_of_run(client, request_id))
        (before,) = crash_stack.stack.pids(worker)
        shown = json.loads(await asyncio.to_thread(manage, "streamer_requests", "show", request_id, "--json"))
        told = await asyncio.to_thread(manage, "streamer_workers", "drain", shown["worker"])
        other = await client.submit("zoo_slow", {"seconds": 0.1, "steps": 2})
        assert (await client.whole_stream(other))[-1]["type"] == "complete", "the other worker takes it"
        (tmp_path / "end").touch()
        stream = await client.whole_stream(request_id)
    assert told == f"Told to leave: {shown['worker']}"
    assert (stream[-1]["type"], attempts(stream)) == ("complete", [1])
    await asyncio.to_thread(eventually, lambda: _is_another(crash_stack.stack.pids(worker), before), "it has left")


async def test_a_worker_hands_back_what_takes_longer(crash_stack: LiveStack, alice: str, tmp_path: Path) -> None:
    async with connect(crash_stack, alice) as client:
        request_id = await client.submit("zoo_until", {"path": str(tmp_path / "end")})
        worker = worker_of(crash_stack, await pid_of_run(client, request_id))
        await asyncio.to_thread(crash_stack.stack.restart, worker)
        (tmp_path / "end").touch()
        stream = await client.whole_stream(request_id)
    assert stream[-1]["type"] == "complete"
    assert (attempts(stream), retry_codes(stream)) == ([1, 2], ["SERVICE_UNAVAILABLE"])
    assert len(pids(stream)) == 2


async def test_both_workers_at_once_lose_nothing(crash_stack: LiveStack, alice: str) -> None:
    async with connect(crash_stack, alice) as client:
        ids = [await client.submit("zoo_slow", {"seconds": 1, "steps": 10}) for _ in range(6)]
        await pid_of_run(client, ids[0])
        await asyncio.to_thread(crash_stack.stack.restart, "worker")
        streams = [await client.whole_stream(request_id, seconds=45) for request_id in ids]
    assert {stream[-1]["type"] for stream in streams} == {"complete"}


async def test_a_web_process_says_goodbye(crash_stack: LiveStack, alice: str, end: Path) -> None:
    async with connect(crash_stack, alice) as client:
        request_id = await client.submit("zoo_until", {"path": str(end)})
        await client.event(request_id, "progress")
        crash_stack.stack.kill("web-1", signal.SIGTERM)
        code = await client.closed()
        first = client.stream(request_id)
    async with connect(crash_stack, alice, server=1) as client:
        await client.follow(request_id, after_seq=len(first))
        end.touch()
        rest = await client.whole_stream(request_id, after_seq=len(first))
    await asyncio.to_thread(crash_stack.stack.wait_until_ready)
    assert [*first, *rest][-1]["type"] == "complete"
    assert code == DRAIN
