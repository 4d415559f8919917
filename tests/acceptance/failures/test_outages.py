"""A web process, the sweeper or Redis dies: what was accepted is run, and nobody misses a message."""

import asyncio
import os
import signal
import time
from pathlib import Path

import httpx
import pytest

from tests.acceptance.client import Client, connect
from tests.acceptance.figures import Figures
from tests.acceptance.processes import kill_and_wait, pid_of_run
from tests.acceptance.streams import assert_is_whole, attempts
from tests.live import LiveStack
from tests.local.waiting import eventually, is_alive

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
# A follower looks for lost hints every ten seconds.
REPAIR_SECONDS = 20.0
RECOVERY_SECONDS = 45.0
LOST_RING_SECONDS = 5.0
_STORE = """
from jobs.requests.submission import Submission, submit_many
one = Submission(tenant_id="acme", user_id="%s", action="zoo_count", queue="default", payload={}, estimated_seconds=6)
print(submit_many([one])[0].request_id)
"""


async def test_a_killed_web_process(crash_stack: LiveStack, alice: str) -> None:
    async with connect(crash_stack, alice) as client:
        running = await client.submit("zoo_slow", {"seconds": 3, "steps": 30})
        await client.event(running, "progress")
        # Killed at the moment of the acknowledgment, which is a promise all the same.
        waiting = await client.submit("zoo_count", {"updates": 5})
        crash_stack.stack.kill("web-1", signal.SIGKILL)
        await client.closed()
        first = {request_id: client.stream(request_id) for request_id in (running, waiting)}
    async with connect(crash_stack, alice, server=1) as client:
        for request_id, seen in first.items():
            await client.follow(request_id, after_seq=len(seen))
        for request_id, seen in first.items():
            if seen and seen[-1].get("final"):
                continue
            rest = await client.whole_stream(request_id, after_seq=len(seen))
            assert_is_whole([*seen, *rest])
            assert rest[-1]["type"] == "complete"
    await asyncio.to_thread(crash_stack.stack.wait_until_ready)
    async with connect(crash_stack, alice) as client:
        listed = await client.ask("list")
        assert {row["status"] for row in listed["requests"]} == {"completed"}


async def test_a_killed_sweeper_comes_back(crash_stack: LiveStack, alice: str, tmp_path: Path) -> None:
    (before,) = crash_stack.stack.pids("sweeper")
    crash_stack.stack.kill("sweeper", signal.SIGKILL)
    await asyncio.to_thread(eventually, lambda: not is_alive(before), "the sweeper has ended")
    async with connect(crash_stack, alice) as client:
        # A healthy request needs no sweeper; one whose worker is lost gets the new one.
        healthy = await client.whole_stream(await client.submit("zoo_count", {"updates": 5}))
        assert healthy[-1]["type"] == "complete"
        lost = await client.submit("zoo_until", {"path": str(tmp_path / "end")})
        await kill_and_wait(await pid_of_run(client, lost))
        (tmp_path / "end").touch()
        stream = await client.whole_stream(lost, seconds=RECOVERY_SECONDS)
    assert (stream[-1]["type"], attempts(stream)) == ("complete", [1, 2])


async def test_a_sweeper_that_is_away_for_a_while(crash_stack: LiveStack, alice: str, tmp_path: Path) -> None:
    await asyncio.to_thread(crash_stack.stack.halt, "sweeper", signal.SIGKILL)
    async with connect(crash_stack, alice) as client:
        lost = await client.submit("zoo_until", {"path": str(tmp_path / "end")})
        await kill_and_wait(await pid_of_run(client, lost))
        (tmp_path / "end").touch()
        retried = await client.submit("zoo_second_time")
        await client.event(retried, "retrying")
        await asyncio.to_thread(crash_stack.stack.restart, "sweeper")
        for request_id in (lost, retried):
            stream = await client.whole_stream(request_id, seconds=RECOVERY_SECONDS)
            assert (stream[-1]["type"], attempts(stream)) == ("complete", [1, 2])


async def test_a_ring_that_was_lost_is_made_up_for(crash_stack: LiveStack, alice: str, figures: Figures) -> None:
    """Store a request as a process does that dies before it wakes a worker."""
    request_id = await asyncio.to_thread(crash_stack.stack.manage, "shell", "--verbosity", "0", "-c", _STORE % alice)
    async with connect(crash_stack, alice, server=1) as client:
        await client.follow(request_id)
        stream = await client.whole_stream(request_id)
        created_at = (await client.ask("status", request_id=request_id))["created_at"]
    seconds = stream[0]["timestamp"] - created_at
    figures.add("a lost ring, to the start of the request", seconds)
    assert (stream[-1]["type"], attempts(stream)) == ("complete", [1])
    assert seconds < LOST_RING_SECONDS


async def test_redis_dies_while_a_request_runs(crash_stack: LiveStack, alice: str, figures: Figures) -> None:
    _needs_own_redis(crash_stack)
    async with connect(crash_stack, alice) as client, connect(crash_stack, alice, server=1) as other:
        request_id = await client.submit("zoo_slow", {"seconds": 4, "steps": 40})
        await other.follow(request_id)
        await pid_of_run(client, request_id)
        (before,) = crash_stack.stack.pids("valkey")
        crash_stack.stack.kill("valkey", signal.SIGKILL)
        await asyncio.to_thread(eventually, lambda: not is_alive(before), "Redis has ended")
        stream = await client.whole_stream(request_id, seconds=4 + REPAIR_SECONDS)
        assert await other.whole_stream(request_id, seconds=REPAIR_SECONDS) == stream
        assert (stream[-1]["type"], attempts(stream)) == ("complete", [1])
        late = _lateness(client.arrival(stream[-1]), stream[-1]["timestamp"])
        figures.add("Redis killed: lateness of the final message", late)
        await _is_live_again(client)


async def test_while_redis_is_away_what_runs_is_finished_and_what_comes_is_kept(
    crash_stack: LiveStack, alice: str, figures: Figures
) -> None:
    _needs_own_redis(crash_stack)
    async with connect(crash_stack, alice) as client:
        running = await client.submit("zoo_slow", {"seconds": 3, "steps": 30})
        await pid_of_run(client, running)
        await asyncio.to_thread(crash_stack.stack.halt, "valkey", signal.SIGKILL)
        try:
            accepted = await _submit_in_time(client)
            stream = await client.whole_stream(running, seconds=3 + REPAIR_SECONDS)
            assert (stream[-1]["type"], attempts(stream)) == ("complete", [1])
            late = _lateness(client.arrival(stream[-1]), stream[-1]["timestamp"])
            figures.add("Redis away: lateness of the final message", late)
            assert (await client.ask("status", request_id=accepted))["status"] in ("pending", "completed")
        finally:
            await asyncio.to_thread(crash_stack.stack.restart, "valkey")
        stream = await client.whole_stream(accepted, seconds=RECOVERY_SECONDS)
        assert (stream[-1]["type"], attempts(stream)) == ("complete", [1])
        await _is_live_again(client)


async def test_while_redis_is_away_nobody_signs_in_and_who_is_in_goes_on(crash_stack: LiveStack, alice: str) -> None:
    _needs_own_redis(crash_stack)
    fields = {"username": crash_stack.user, "password": crash_stack.password}
    async with httpx.AsyncClient(base_url=crash_stack.http_url, trust_env=False, timeout=30) as http:
        await asyncio.to_thread(crash_stack.stack.halt, "valkey", signal.SIGKILL)
        try:
            refused = await http.post("/api/token/", json=fields)
            assert refused.status_code == 503 and refused.json()["error"]["code"] == "SERVICE_UNAVAILABLE"
            async with connect(crash_stack, alice) as client:
                assert (await client.request("echo"))["type"] == "response"
        finally:
            await asyncio.to_thread(crash_stack.stack.restart, "valkey")

        async def signs_in() -> bool:
            return (await http.post("/api/token/", json=fields)).status_code == 200

        deadline = time.monotonic() + RECOVERY_SECONDS
        while not await signs_in():
            assert time.monotonic() < deadline, "nobody can sign in although Redis is back"
            await asyncio.sleep(0.5)


async def _submit_in_time(client: Client) -> str:
    sent_at = time.monotonic()
    request_id = await client.submit("zoo_count", {"updates": 5})
    assert time.monotonic() - sent_at < 5.0, "the acknowledgment waited for Redis"
    return request_id


async def _is_live_again(client: Client) -> None:
    """Return True if progress of at least one request arrives within two seconds, so not through the checks."""
    deadline = time.monotonic() + RECOVERY_SECONDS
    while time.monotonic() < deadline:
        request_id = await client.submit("zoo_slow", {"seconds": 4, "steps": 20})
        stream = await client.whole_stream(request_id, seconds=RECOVERY_SECONDS)
        late = [_lateness(client.arrival(message), message["timestamp"]) for message in stream]
        if max(late) < 2.0:
            return
    raise AssertionError(f"still {max(late):.1f} s late")


def _lateness(arrived_at: float, unix_seconds: float) -> float:
    """Return the seconds from the writing of a message to its arrival."""
    return arrived_at - time.monotonic() + time.time() - unix_seconds


def _needs_own_redis(live: LiveStack) -> None:
    if not live.has_own_redis:
        pytest.skip(f"the Redis of {os.environ['REDIS_URL']} is not ours to kill")
