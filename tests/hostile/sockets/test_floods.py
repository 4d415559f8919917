"""Floods of frames and of costly messages end the connection that sends them, and disturb no other."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.hostile.bystander import harmless
from tests.hostile.raw import CONTINUATION, PING, PONG, TEXT, RawSocket, frame, raw_socket
from tests.live import LiveStack

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(120)]
ABUSE = 4503
_ATTEMPTS = 3
_SECONDS = 6.0
FLOODS: dict[str, bytes] = {
    "empty pings": frame(b"", PING),
    "full pings": frame(b"x" * 125, PING),
    "pongs": frame(b"x", PONG),
    "empty fragments": frame(b"", CONTINUATION, final=False),
    "messages": frame(b'{"type": "ping"}'),
}


def megabyte_of(part: str, action: str = "echo", field: str = '"message": [', end: str = "0]") -> bytes:
    """Return a frame of nearly 1 MiB whose payload repeats ``part``."""
    head = f'{{"action": "{action}", "payload": {{{field}'
    return frame((head + part * (1_000_000 // len(part)) + end + "}}").encode())


def unknown_fields(action: str) -> bytes:
    payload = {f"unknown{number}": 1 for number in range(60_000)}
    return frame(json.dumps({"action": action, "payload": payload}).encode())


MESSAGES: dict[str, bytes] = {
    "empty arrays": megabyte_of("[],"),
    "numbers": megabyte_of("1,"),
    "open brackets": megabyte_of("["),
    "nested arrays": megabyte_of("[" * 60 + "]" * 60 + ","),
    "unknown fields": unknown_fields("generate_report"),
    "fields of an echo": unknown_fields("echo"),
    "escapes": megabyte_of("\\\\", field='"message": "', end='"'),
}


@contextmanager
def sending(raw: RawSocket, data: bytes, *, every_seconds: float = 0) -> Iterator[None]:
    """Send the same bytes over and over through the block, or until the server ends the connection."""
    stop = threading.Event()

    def send() -> None:
        try:
            while not stop.is_set():
                raw.send(data)
                stop.wait(every_seconds)
        except OSError:
            pass

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize("sent", FLOODS.values(), ids=FLOODS.keys())
async def test_a_flood_of_frames_is_closed_as_abuse(
    attacked_stack: LiveStack, cast: Callable[[str], str], sent: bytes
) -> None:
    async with harmless(attacked_stack, cast("bob")):
        for _ in range(_ATTEMPTS):
            with raw_socket(attacked_stack, attacked_stack.token(cast("mallory"))) as raw:
                if sent == FLOODS["empty fragments"]:
                    raw.send(frame(b"{", TEXT, final=False))
                with sending(raw, sent * (65_536 // len(sent))):
                    assert await asyncio.to_thread(raw.read_close) == ABUSE
            await asyncio.sleep(2)


@pytest.mark.parametrize("sent", MESSAGES.values(), ids=MESSAGES.keys())
async def test_costly_messages_disturb_nobody_else(
    attacked_stack: LiveStack, cast: Callable[[str], str], sent: bytes
) -> None:
    async with harmless(attacked_stack, cast("bob")):
        token = attacked_stack.token(cast("mallory"))
        with raw_socket(attacked_stack, token) as raw, sending(raw, sent, every_seconds=0.7):
            await asyncio.to_thread(read_for, raw, _SECONDS)


async def test_large_messages_one_after_the_other_are_closed_as_abuse(
    attacked_stack: LiveStack, cast: Callable[[str], str]
) -> None:
    token = attacked_stack.token(cast("mallory"))
    with raw_socket(attacked_stack, token) as raw, sending(raw, MESSAGES["empty arrays"]):
        assert await asyncio.to_thread(raw.read_close) == ABUSE


def read_for(raw: RawSocket, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and raw.read_frame() is not None:
        pass
