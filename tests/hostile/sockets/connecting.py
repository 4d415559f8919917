"""``python connecting.py HOST PORT SOURCE COUNT AT_ONCE``: open sockets without a token, and print how each ends.

A program of its own, so that the clients of a flood take no time from who measures. It prints a JSON object: the number
of each outcome, and the seconds of all.
"""

import asyncio
import json
import struct
import sys
import time
from collections import Counter

UNAUTHORIZED, TOO_FAST, TURNED_AWAY = "4500", "4021", "429"
_HANDSHAKE = (
    "GET /ws/ HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
_ANSWER_SECONDS = 20.0
_CLOSES = {code: b"\x88" + struct.pack("!H", int(code)) for code in (UNAUTHORIZED, TOO_FAST)}


def outcome_of(answer: bytes) -> str | None:
    """Return how it ended; None while the answer is not complete."""
    if answer.startswith(b"HTTP/1.1 429 ") and b'"RATE_LIMITED"' in answer:
        return TURNED_AWAY
    for code, reason in ((UNAUTHORIZED, b'"UNAUTHORIZED"'), (TOO_FAST, b'"RATE_LIMITED"')):
        # The close frame: its first byte, its length, and the code.
        if reason in answer and _CLOSES[code][1:] in answer.rpartition(b"\x88")[2]:
            return code
    return None


async def connect(host: str, port: int, source: str) -> str:
    answer = b""
    writer = None
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection(host, port, local_addr=(source, 0))
            writer.write(_HANDSHAKE.format(host=host, port=port).encode())
            while (outcome := outcome_of(answer)) is None:
                if not (more := await reader.read(65_536)):
                    return f"lost after {answer[:40]!r}"
                answer += more
            return outcome
    except OSError as error:
        return f"{type(error).__name__} after {answer[:40]!r}"
    finally:
        if writer is not None:
            writer.transport.abort()


async def connect_all(host: str, port: int, source: str, count: int, at_once: int) -> Counter[str]:
    outcomes: Counter[str] = Counter()
    numbers = iter(range(count))

    async def go_on() -> None:
        for _ in numbers:
            outcomes[await connect(host, port, source)] += 1

    await asyncio.gather(*(go_on() for _ in range(at_once)))
    return outcomes


if __name__ == "__main__":
    _host, _port, _source, _count, _at_once = sys.argv[1:]
    _begun = time.monotonic()
    _outcomes = asyncio.run(connect_all(_host, int(_port), _source, int(_count), int(_at_once)))
    print(json.dumps({"outcomes": _outcomes, "seconds": time.monotonic() - _begun}))
