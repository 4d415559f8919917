"""``python large_messages.py HOST PORT KIND PER_TOKEN SECONDS``: send large messages from many sockets, without pause.

A program of its own, so that the clients of the flood take no time from who measures. It reads one token a line and
opens ``PER_TOKEN`` sockets with each, again whenever one is closed. At the end it prints a JSON object with the numbers
of sockets that it opened, of those that ended, and of messages that were sent.
"""

import asyncio
import json
import struct
import sys
from collections import Counter

_HANDSHAKE = (
    "GET /ws/ HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: streamer.v1, bearer.{token}\r\n\r\n"
)
_BYTES = 1_000_000
_PAYLOADS = {
    "texts": b'"' + b"x" * _BYTES + b'"',
    "numbers": b"[" + b"1," * (_BYTES // 2) + b"0]",
}
_AGAIN_SECONDS = 0.5


def message_of(kind: str) -> bytes:
    """Return a frame with an echo of nearly 1 MiB."""
    text = b'{"action":"echo","payload":{"message":' + _PAYLOADS[kind] + b"}}"
    # A mask of zeros leaves the bytes as they are, and is as valid as any other.
    return struct.pack("!BBQ", 0x81, 0x80 | 127, len(text)) + bytes(4) + text


async def flood(host: str, port: int, token: str, message: bytes, counts: Counter[str]) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    reading = None
    try:
        writer.write(_HANDSHAKE.format(host=host, port=port, token=token).encode())
        head = await reader.readuntil(b"\r\n\r\n")
        counts["opened" if head.startswith(b"HTTP/1.1 101 ") else "refused"] += 1
        reading = asyncio.create_task(_discard(reader))
        while not reading.done():
            writer.write(message)
            await writer.drain()
            counts["messages"] += 1
    except (OSError, EOFError):
        pass
    finally:
        counts["closed"] += 1
        writer.transport.abort()
        if reading is not None:
            reading.cancel()


async def _discard(reader: asyncio.StreamReader) -> None:
    while await reader.read(1 << 20):
        pass


async def flood_on(host: str, port: int, token: str, message: bytes, counts: Counter[str]) -> None:
    while True:
        await flood(host, port, token, message, counts)
        await asyncio.sleep(_AGAIN_SECONDS)


async def flood_all(host: str, port: int, kind: str, tokens: list[str], seconds: float) -> Counter[str]:
    counts: Counter[str] = Counter()
    message = message_of(kind)
    floods = [asyncio.create_task(flood_on(host, port, token, message, counts)) for token in tokens]
    await asyncio.wait(floods, timeout=seconds)
    for task in floods:
        task.cancel()
    return counts


if __name__ == "__main__":
    _host, _port, _kind, _per_token, _seconds = sys.argv[1:]
    _tokens = [token for token in sys.stdin.read().split() for _ in range(int(_per_token))]
    _counts = asyncio.run(flood_all(_host, int(_port), _kind, _tokens, float(_seconds)))
    print(json.dumps(_counts))
