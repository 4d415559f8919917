"""Clients that send as fast as the server reads, and never read an answer."""

import json
import time

from tests.hostile.raw import PING, RawSocket, frame
from tests.local.waiting import eventually

SMALL_BUFFER_BYTES = 4096
ECHO_OF_A_MEGABYTE = frame(json.dumps({"action": "echo", "payload": {"message": "x" * 950_000}}).encode())
FLOODS = {"echoes of a megabyte": ECHO_OF_A_MEGABYTE, "pings": frame(b"x" * 125, PING) * 500}
_STALLED_SECONDS = 2.0


def flood(raw: RawSocket, piece: bytes, *, seconds: float) -> int:
    """Send ``piece`` again and again, until the server takes nothing for two seconds, or closes. Return the bytes.

    Fails if the server still reads after ``seconds``.
    """
    sent = 0
    ends_at = time.monotonic() + seconds
    raw.connection.settimeout(_STALLED_SECONDS)
    rest = memoryview(piece)
    try:
        while time.monotonic() < ends_at:
            count = raw.connection.send(rest)
            sent += count
            rest = rest[count:] or memoryview(piece)
    except (TimeoutError, ConnectionError):
        return sent
    raise AssertionError(f"after {seconds:.0f} s and {sent:,} bytes the server still reads")


def wait_until_cut_off(raw: RawSocket, *, seconds: float) -> None:
    """Wait until the server has ended the connection, without reading what it sent."""
    eventually(lambda: _is_cut_off(raw), "the server ends the connection", seconds=seconds)


def _is_cut_off(raw: RawSocket) -> bool:
    raw.connection.settimeout(0.01)
    try:
        raw.connection.send(b"\0")
    except TimeoutError:
        return False
    except ConnectionError:
        return True
    return False
