"""Limits the head of a request in uvicorn: its size, its number of headers, and the time in which it comes.

By itself, uvicorn holds headers of any size and number in memory, and waits for them without end.

The patched places are internal to uvicorn: requirements.txt pins the version, and a test uses a real server.
"""

from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from streamer_site.servers.limits import HEAD_SECONDS, MAX_HEAD_BYTES, MAX_HEADERS

_TIMED_OUT = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_REFUSAL = "The headers of the request are too large."


class _TooLarge(httptools.HttpParserError):
    """The head is above its limits."""


def install() -> None:
    """Patch uvicorn. Call it once per process, before the server starts."""
    if getattr(HttpToolsProtocol, "_streamer_heads", False):
        return
    made, received, lost = (
        HttpToolsProtocol.connection_made,
        HttpToolsProtocol.data_received,
        HttpToolsProtocol.connection_lost,
    )
    begun, url, header = HttpToolsProtocol.on_message_begin, HttpToolsProtocol.on_url, HttpToolsProtocol.on_header
    complete = HttpToolsProtocol.on_headers_complete

    def connection_made(self: Any, transport: Any) -> None:
        made(self, transport)
        self._streamer_timer = None
        _start(self)
        _watch(self)

    def data_received(self: Any, data: bytes) -> None:
        if self._streamer_in_head and self._streamer_fed > MAX_HEAD_BYTES:
            # The parser tells of a header when it is complete, however long that takes.
            self.send_400_response(_REFUSAL)
            return
        self._streamer_fed += len(data)
        received(self, data)
        _watch(self)

    def connection_lost(self: Any, error: Exception | None) -> None:
        self._streamer_in_head = False
        _watch(self)
        lost(self, error)

    def on_message_begin(self: Any) -> None:
        _start(self)
        begun(self)

    def on_url(self: Any, piece: bytes) -> None:
        _count(self, len(piece))
        url(self, piece)

    def on_header(self: Any, name: bytes, value: bytes) -> None:
        self._streamer_headers += 1
        _count(self, len(name) + len(value))
        header(self, name, value)

    def on_headers_complete(self: Any) -> None:
        self._streamer_in_head = False
        complete(self)

    patched: Any = HttpToolsProtocol
    patched.connection_made, patched.data_received, patched.connection_lost = (
        connection_made,
        data_received,
        connection_lost,
    )
    patched.on_message_begin, patched.on_url, patched.on_header = on_message_begin, on_url, on_header
    patched.on_headers_complete = on_headers_complete
    patched._streamer_heads = True


def _start(protocol: Any) -> None:
    protocol._streamer_in_head = True
    protocol._streamer_fed = protocol._streamer_size = protocol._streamer_headers = 0


def _watch(protocol: Any) -> None:
    """Start the timer of a head that has begun, or stop that of one that is complete."""
    if protocol._streamer_in_head:
        if protocol._streamer_timer is None:
            protocol._streamer_timer = protocol.loop.call_later(HEAD_SECONDS, _time_out, protocol)
    elif protocol._streamer_timer is not None:
        protocol._streamer_timer.cancel()
        protocol._streamer_timer = None


def _time_out(protocol: Any) -> None:
    protocol._streamer_timer = None
    protocol.transport.write(_TIMED_OUT)
    protocol.transport.close()


def _count(protocol: Any, size: int) -> None:
    protocol._streamer_size += size
    if protocol._streamer_size > MAX_HEAD_BYTES or protocol._streamer_headers > MAX_HEADERS:
        raise _TooLarge(_REFUSAL)
