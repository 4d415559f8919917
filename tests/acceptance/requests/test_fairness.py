"""Two workers, a tenant that asks for all of them or for what there is one of, and another that comes later."""

import time
from pathlib import Path

import pytest

from tests.acceptance.client import connect
from tests.acceptance.figures import Figures
from tests.live import LiveStack

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
LONG = {"seconds": 45, "steps": 450}


async def test_two_long_requests_of_one_tenant_leave_a_worker_to_another(
    live_stack: LiveStack, alice: str, bob: str, figures: Figures
) -> None:
    async with (
        connect(live_stack, alice, tenant="flooding") as flood,
        connect(live_stack, bob, tenant="other") as other,
    ):
        # Of two that are claimed at the same moment, the second may be the one that starts.
        running = await flood.submit("delay", LONG)
        await flood.event(running, "progress")
        waiting = await flood.submit("delay", LONG)
        told = await flood.find(
            "a wait", lambda message: message["type"] == "waiting" and message["request_id"] == waiting
        )
        assert told["reason"] == "tenant_share" and 20 < told["estimated_start_seconds"] <= 46
        submitted_at = time.monotonic()
        quick = await other.submit("delay", {"seconds": 1, "steps": 2})
        started = await other.event(quick, "started")
        figures.add("a start beside another tenant's flood", other.arrival(started) - submitted_at)
        await other.whole_stream(quick)
        assert not any(message["type"] == "started" for message in flood.stream(waiting))
        for request_id in (waiting, running):
            await flood.ask("cancel", request_id=request_id)
            await flood.whole_stream(request_id)


async def test_who_waits_for_a_seat_is_told_so_and_starts_when_it_is_free(
    live_stack: LiveStack, alice: str, bob: str, end: Path
) -> None:
    async with (
        connect(live_stack, alice, tenant="seated") as first,
        connect(live_stack, bob, tenant="standing") as second,
    ):
        seated = await first.submit("zoo_one_seat", {"path": str(end)})
        await first.event(seated, "started")
        standing = await second.submit("zoo_one_seat")
        told = await second.find(
            "a wait", lambda message: message["type"] == "waiting" and message["request_id"] == standing
        )
        assert (told["reason"], told["limit_key"]) == ("key_limit", "one-seat")
        assert 0 < told["estimated_start_seconds"] < 7
        end.touch()
        started = await second.event(standing, "started")
        ended = (await first.whole_stream(seated))[-1]
        assert ended["timestamp"] <= started["timestamp"], "the other worker was free meanwhile"
        await second.whole_stream(standing)
