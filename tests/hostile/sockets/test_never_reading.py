"""A client that never reads costs a bounded amount of memory, is ended, and slows no other."""

import asyncio
import time
from collections.abc import Callable

import pytest

from streamer_site.servers.limits import CLOSE_SECONDS, PING_SECONDS, PONG_SECONDS
from tests.acceptance.client import connect
from tests.hostile.bystander import assert_undisturbed, bystander
from tests.hostile.memory import MIB, memory_bytes, peak_bytes, reset_peak
from tests.hostile.raw import CLOSE, frame, raw_socket
from tests.hostile.sockets.flooding import FLOODS, SMALL_BUFFER_BYTES, flood, wait_until_cut_off
from tests.live import LiveStack
from tests.local.waiting import eventually

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
# The outbox, and the messages that are in work beside it.
_MOST_BYTES = 64 * MIB
_FLOOD_SECONDS = 30.0
# The classes of Daphne and Twisted, and of uvicorn, of which each socket has one.
SERVER_SIDE = ["WebSocketProtocol", "HTTPChannel", "WebRequest", "WebSocketsSansIOProtocol", "ServerProtocol"]
# Both servers look every second or two.
_END_SECONDS = PING_SECONDS + PONG_SECONDS + CLOSE_SECONDS + 10.0


@pytest.mark.parametrize("piece", FLOODS.values(), ids=FLOODS.keys())
def test_the_server_stops_reading_from_it(attacked_stack: LiveStack, cast: Callable[[str], str], piece: bytes) -> None:
    (pid,) = attacked_stack.stack.pids("web-1")
    token = attacked_stack.token(cast("mallory"))
    reset_peak(pid)
    before = peak_bytes(pid)
    with raw_socket(attacked_stack, token, receive_buffer_bytes=SMALL_BUFFER_BYTES) as raw:
        flood(raw, piece, seconds=_FLOOD_SECONDS)
        assert peak_bytes(pid) - before < _MOST_BYTES


async def test_it_is_ended_and_its_memory_comes_back(attacked_stack: LiveStack, cast: Callable[[str], str]) -> None:
    (pid,) = attacked_stack.stack.pids("web-1")
    before = memory_bytes(pid)
    async with bystander(attacked_stack, cast("bob")) as (usual, during):
        ends = [asyncio.to_thread(_flood_to_the_end, attacked_stack, cast(name), FLOODS[name]) for name in FLOODS]
        await asyncio.gather(*ends, asyncio.to_thread(_talk_without_pongs, attacked_stack, cast("talker")))
    assert_undisturbed(usual, during)
    eventually(lambda: memory_bytes(pid) <= 1.2 * before, "the memory comes back", seconds=10)


async def test_what_the_server_keeps_of_a_socket_goes_with_it(
    attacked_stack: LiveStack, cast: Callable[[str], str]
) -> None:
    """Switch the collector off: what waited for a client must not stay until the next full collection."""
    async with connect(attacked_stack, cast("bob")) as other:

        async def count(collect: bool = False) -> int:
            answer = await other.request("zoo_objects", {"types": SERVER_SIDE, "collect": collect})
            return int(answer["data"]["objects"])

        try:
            before = await count()
            for _ in range(3):
                with raw_socket(
                    attacked_stack, attacked_stack.token(cast("mallory")), receive_buffer_bytes=SMALL_BUFFER_BYTES
                ) as raw:
                    await asyncio.to_thread(flood, raw, FLOODS["echoes of a megabyte"], seconds=_FLOOD_SECONDS)
            async with asyncio.timeout(20):
                while await count() > before:
                    await asyncio.sleep(0.2)
        finally:
            await count(collect=True)


def _flood_to_the_end(stack: LiveStack, user: str, piece: bytes) -> None:
    with raw_socket(stack, stack.token(user), receive_buffer_bytes=SMALL_BUFFER_BYTES) as raw:
        flood(raw, piece, seconds=_FLOOD_SECONDS)
        wait_until_cut_off(raw, seconds=_END_SECONDS)


def _talk_without_pongs(stack: LiveStack, user: str) -> None:
    """Send messages and read their answers, but answer no ping. Expect to be told."""
    with raw_socket(stack, stack.token(user)) as raw:
        ends_at = time.monotonic() + _END_SECONDS
        while time.monotonic() < ends_at:
            raw.send(frame(b'{"type": "ping"}'))
            while (received := raw.read_frame()) is not None and b'"pong"' not in received.payload:
                if received.opcode == CLOSE:
                    assert received.close_code == 4003
                    return
            assert received is not None, "ended without a close"
            time.sleep(0.5)
    raise AssertionError("it was never ended")
