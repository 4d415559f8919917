"""Connections that are cut, at any place and as often as can be: every number comes once, and in order."""

import asyncio
import itertools
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.client import connect
from tests.acceptance.clients.driver import Driver
from tests.acceptance.clients.proxy import Proxy, Treatment, first
from tests.acceptance.clients.proxy.treatment import Head, Plan
from tests.acceptance.clients.tokens import tokens_of
from tests.acceptance.streams import attempts
from tests.live import LiveStack

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(300)]
CUTS = 200
REFUSES = 426


async def test_after_any_message_of_a_conversation(
    live_stack: LiveStack, driver: Driver, cast: Callable[[str], str]
) -> None:
    async def conversation(cut_after: int | None) -> list[dict[str, Any]]:
        user = cast("cut")
        async with Proxy(live_stack.http_url, first(Treatment(cut_after_frames=cut_after))) as proxy:
            client = driver.open(proxy.url, tokens_of(live_stack, user))
            sight = client.submit("report", "zoo_partial", {}, id="the-one")
            stream = await client.whole(sight)
            assert sight.ending == {"result": {"partials": 3}}
            # One that comes after all that there was to say cuts nothing.
            assert proxy.opened["websocket"] == 2 or cut_after is None or cut_after > len(stream)
            client.close()
            return stream

    whole = await conversation(None)
    # Before them come the welcome and the acknowledgment.
    streams = await asyncio.gather(*(conversation(number) for number in range(len(whole) + 3)))
    assert {stream[-1]["type"] for stream in streams} == {"complete"}
    assert [attempts(stream) for stream in streams] == [[1]] * len(streams)


class CutSockets:
    """Cuts each WebSocket after its welcome, the answer to its subscription, and a message."""

    def __call__(self, number: int, _head: Head) -> Treatment:
        return Treatment(cut_after_frames=3 if number < CUTS else None)


class CutStreams:
    """Refuses WebSockets, and cuts each stream of events in the midst of one."""

    def __init__(self) -> None:
        self._streams = itertools.count()

    def __call__(self, _number: int, head: Head) -> Treatment:
        is_cut = head.wants_stream and next(self._streams) < CUTS
        return Treatment(upgrade_status=REFUSES, cut_after_bytes=500 if is_cut else None)


class CutPolls:
    """Refuses WebSockets and streams, and cuts three of four polls in the midst of their answer."""

    def __init__(self) -> None:
        self._polls = itertools.count()

    def __call__(self, _number: int, head: Head) -> Treatment:
        is_poll = "/events/" in head.path and not head.wants_stream
        is_cut = is_poll and next(self._polls) % 4 > 0
        return Treatment(upgrade_status=REFUSES, cuts_streams=True, cut_after_bytes=100 if is_cut else None)


FACES: Mapping[str, tuple[Callable[[], Plan], str]] = {
    "websocket": (CutSockets, "auto"),
    "stream": (CutStreams, "auto"),
    # How a client comes to that is tried elsewhere.
    "poll": (CutPolls, "poll"),
}
"""The plan of each face, and the transport that the client is told to take."""


@pytest.mark.parametrize("face", FACES)
async def test_two_hundred_times_in_one_report(
    live_stack: LiveStack, both: Sequence[Driver], cast: Callable[[str], str], face: str, tmp_path: Path
) -> None:
    plan, transport = FACES[face]
    end = tmp_path / "end"
    async with connect(live_stack, cast("alice")) as owner, AsyncExitStack() as cleanup:
        # Or it would keep a worker from the tests that follow.
        cleanup.callback(end.touch)
        request_id = await owner.submit("zoo_ticks", {"path": str(end)})
        readers = []
        for driver in both:
            proxy = await cleanup.enter_async_context(Proxy(live_stack.http_url, plan()))
            tokens = tokens_of(live_stack, cast("reader"), permissions=("tenant.read",))
            client = driver.open(proxy.url, tokens, transport=transport)
            readers.append((proxy, client, client.follow("report", request_id)))
        proxies, clients, sights = zip(*readers, strict=True)
        await clients[0].until(
            lambda: min(proxy.cuts for proxy in proxies) >= CUTS, f"{CUTS} cuts", 120, poll_seconds=0.05
        )
        end.touch()
        streams = [await client.whole(sight) for client, sight in zip(clients, sights, strict=True)]
        assert streams == [await owner.whole_stream(request_id)] * len(both)
        for client in clients:
            client.close()


async def test_every_connection_at_the_same_moment(
    live_stack: LiveStack, driver: Driver, alice: str, tmp_path: Path
) -> None:
    end = tmp_path / "end"
    async with Proxy(live_stack.http_url) as proxy:
        client = driver.open(proxy.url, tokens_of(live_stack, alice))
        sights = [client.submit(f"report-{number}", "zoo_ticks", {"path": str(end)}) for number in range(4)]
        for _ in range(5):
            had = len(sights[0].events)
            await client.more(sights[0], had)
            await proxy.cut_all()
        end.touch()
        for sight in sights:
            await client.whole(sight)
