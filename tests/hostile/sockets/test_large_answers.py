"""Answers that are too large for one message come in parts. None ends the connection."""

import asyncio
import json
import time
from collections.abc import Callable

import pytest

from tests.acceptance.client import connect
from tests.hostile.raw import PING, PONG, RawSocket, frame, raw_socket
from tests.hostile.sockets.flooding import SMALL_BUFFER_BYTES
from tests.live import LiveStack

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
REQUESTS, RESULT_BYTES = 75, 60_000
# Together far more than may wait for a client.
PARTIALS, PARTIAL_BYTES = 200, 200_000
_MEBIBYTE = 1024 * 1024
# Slower than the log is read, so that something waits all the time.
_PAUSE_SECONDS = 0.02


async def test_a_list_comes_in_pages(attacked_stack: LiveStack, cast: Callable[[str], str]) -> None:
    """Ask for more results than Daphne can send as one message."""
    assert REQUESTS * RESULT_BYTES > 4 * _MEBIBYTE
    async with connect(attacked_stack, cast("alice")) as alice:
        submitted = [await alice.submit("echo_async", {"message": "x" * RESULT_BYTES}) for _ in range(REQUESTS)]
        for request_id in submitted:
            await alice.whole_stream(request_id, seconds=90)
        listed: list[str] = []
        cursor = None
        while len(listed) < REQUESTS:
            page = await alice.ask("list", limit=200, **({"cursor": cursor} if cursor else {}))
            assert page["type"] == "requests" and len(json.dumps(page)) < _MEBIBYTE
            listed += [request["request_id"] for request in page["requests"]]
            cursor = page["next_cursor"]
        assert cursor is None and listed == submitted[::-1]


async def test_a_log_larger_than_what_may_wait_reaches_who_reads_slowly_and_its_pings_are_answered(
    attacked_stack: LiveStack, cast: Callable[[str], str]
) -> None:
    name = cast("alice")
    async with connect(attacked_stack, name) as owner:
        request_id = await owner.submit("zoo_partials", {"count": PARTIALS, "size_bytes": PARTIAL_BYTES})
        await owner.event(request_id, "complete", 60)
    token = attacked_stack.token(name)
    with raw_socket(attacked_stack, token, receive_buffer_bytes=SMALL_BUFFER_BYTES, server=1) as raw:
        raw.send(frame(json.dumps({"type": "subscribe", "request_id": request_id}).encode()))
        numbers, pong_after = await asyncio.to_thread(_read_all, raw)
    assert numbers == list(range(1, PARTIALS + 3))
    assert pong_after < PARTIALS / 2


def _read_all(raw: RawSocket) -> tuple[list[int], int]:
    """Read up to the final message, and send a ping after the tenth. Return the numbers, and how many came before."""
    numbers: list[int] = []
    pong_after = PARTIALS + 2
    while (received := raw.read_frame()) is not None:
        if received.opcode == PONG:
            pong_after = len(numbers)
            continue
        if received.opcode == PING:
            raw.send(frame(received.payload, PONG))
            continue
        message = json.loads(received.payload)
        if message["type"] == "goodbye":
            break
        if "seq" in message:
            numbers.append(message["seq"])
            time.sleep(_PAUSE_SECONDS)
        if len(numbers) == 10:
            raw.send(frame(b"still there?", PING))
        if message.get("final"):
            break
    return numbers, pong_after
