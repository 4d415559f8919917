"""Cancelled: before the start, while it runs, by force, and too late."""

import asyncio

import pytest

from tests.acceptance.client import Client, connect
from tests.acceptance.figures import Figures
from tests.acceptance.processes import pid_of_run
from tests.acceptance.streams import types
from tests.live import LiveStack

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
WORKERS = 2
LEASE_SECONDS = 15.0


async def test_waiting_and_running(live_stack: LiveStack, alice: str, figures: Figures) -> None:
    async with connect(live_stack, alice) as client:
        running = [await client.submit("zoo_slow", {"seconds": 60, "steps": 600}) for _ in range(WORKERS)]
        for request_id in running:
            await client.event(request_id, "progress")
        waiting = await client.submit("zoo_slow", {"seconds": 60})
        answer = await client.ask("cancel", request_id=waiting)
        assert (answer["type"], answer["status"]) == ("snapshot", "cancelled")
        (only,) = await client.whole_stream(waiting)
        assert (only["type"], only["mode"], only["success"]) == ("cancelled", "before_start", False)
        for request_id in running:
            answer = await client.ask("cancel", request_id=request_id)
            assert (answer["status"], answer["cancel_requested"]) == ("processing", True)
        streams = await asyncio.gather(*(client.whole_stream(request_id) for request_id in running))
    for stream in streams:
        assert types(stream) == ["started", "progress", "cancelled"]
        assert stream[-1]["mode"] == "cooperative"
        figures.add("a cancel, to the end of what ran", stream[-1]["seconds"])


async def test_from_another_server(live_stack: LiveStack, alice: str) -> None:
    async with connect(live_stack, alice) as client, connect(live_stack, alice, server=1) as other:
        request_id = await client.submit("zoo_swallow")
        await client.event(request_id, "progress")
        await other.ask("cancel", request_id=request_id)
        assert (await client.whole_stream(request_id))[-1]["mode"] == "cooperative"


async def test_too_late_is_an_error(live_stack: LiveStack, alice: str) -> None:
    async with connect(live_stack, alice) as client:
        request_id = await client.submit("zoo_count", {"updates": 1})
        stream = await client.whole_stream(request_id)
        answer = await client.ask("cancel", request_id=request_id)
        assert (answer["type"], answer["error"]["code"]) == ("error", "VALIDATION_ERROR")
        assert answer["error"]["details"] == {"status": "completed"}
        await client.ping()
        assert client.stream(request_id) == stream


async def test_one_that_does_not_listen_is_killed_and_its_worker_goes_on(crash_stack: LiveStack, alice: str) -> None:
    async with connect(crash_stack, alice) as client:
        deaf = [await client.submit("zoo_deaf") for _ in range(WORKERS)]
        for request_id in deaf:
            await client.event(request_id, "progress")
        after = await client.submit("zoo_count", {"updates": 1})
        for request_id in deaf:
            await client.ask("cancel", request_id=request_id)
        for request_id in deaf:
            assert await _mode(client, request_id) == "killed"
        assert (await client.whole_stream(after))[-1]["type"] == "complete"


async def test_one_that_holds_the_interpreter_ends_soon_after_the_grace_and_its_worker_goes_on(
    live_stack: LiveStack, alice: str, figures: Figures
) -> None:
    """No thread of its process can hear of the cancel: it is ended, and its process killed, from outside."""
    async with connect(live_stack, alice) as client:
        stuck = await client.submit("zoo_gil")
        await client.event(stuck, "started")
        await client.ask("cancel", request_id=stuck)
        final = (await client.whole_stream(stuck, seconds=2 * LEASE_SECONDS))[-1]
        assert (final["type"], final["mode"]) == ("cancelled", "killed")
        assert final["seconds"] < LEASE_SECONDS, "it was found later than by the end of its lease"
        figures.add("a cancel of C code that holds the interpreter", final["seconds"])
        running = [await client.submit("zoo_slow", {"seconds": 60, "steps": 600}) for _ in range(WORKERS)]
        assert len({await pid_of_run(client, request_id) for request_id in running}) == WORKERS
        for request_id in running:
            await client.ask("cancel", request_id=request_id)
            await client.whole_stream(request_id)


async def _mode(client: Client, request_id: str) -> str:
    return str((await client.whole_stream(request_id))[-1]["mode"])
