"""Limits the head of a request in Daphne: its size, its number of headers, and the time in which it comes.

By itself, Twisted begins its time anew at each byte. And Daphne fails with an error of its own where the header with
the path prefix is not ASCII.

The patched places are internal to Twisted: requirements.txt pins the version, and a test uses a real server.
"""

from typing import Any

from twisted.internet import reactor
from twisted.web.http import HTTPChannel

from streamer_site.servers.limits import HEAD_SECONDS, MAX_HEAD_BYTES, MAX_HEADERS

_TIMED_OUT = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_ROOT_PATH = b"daphne-root-path:"
# Twisted declares no type for the reactor, which is a module.
_later: Any = reactor.callLater


def install() -> None:
    """Patch Twisted. Call it once per process, before the server starts."""
    channel: Any = HTTPChannel
    if getattr(channel, "_streamer_heads", False):
        return
    made, received, header, complete, lost = (
        channel.connectionMade,
        channel.dataReceived,
        channel.headerReceived,
        channel.allHeadersReceived,
        channel.connectionLost,
    )

    def connectionMade(self: Any) -> None:
        made(self)
        _start(self)

    def dataReceived(self: Any, data: bytes) -> None:
        received(self, data)
        # In line mode, it waits for the next line of a head.
        if self.line_mode and not self._handlingRequest and self._streamer_head_timer is None:
            _start(self)

    def headerReceived(self: Any, line: bytes) -> bool:
        if line.lower().startswith(_ROOT_PATH) and not line.isascii():
            self._respondToBadRequestAndDisconnect()
            return False
        return bool(header(self, line))

    def allHeadersReceived(self: Any) -> None:
        _stop(self)
        complete(self)

    def connectionLost(self: Any, reason: Any) -> None:
        _stop(self)
        lost(self, reason)

    channel._streamer_head_timer = None
    channel.connectionMade = connectionMade
    channel.dataReceived = dataReceived
    channel.headerReceived = headerReceived
    channel.allHeadersReceived = allHeadersReceived
    channel.connectionLost = connectionLost
    channel.maxHeaders, channel.totalHeadersSize, channel.MAX_LENGTH = MAX_HEADERS, MAX_HEAD_BYTES, MAX_HEAD_BYTES
    channel.lineLengthExceeded = lambda self, line: self._respondToBadRequestAndDisconnect()
    channel._streamer_heads = True


def _start(channel: Any) -> None:
    channel._streamer_head_timer = _later(HEAD_SECONDS, _cut_off, channel)


def _stop(channel: Any) -> None:
    timer, channel._streamer_head_timer = channel._streamer_head_timer, None
    if timer is not None and timer.active():
        timer.cancel()


def _cut_off(channel: Any) -> None:
    channel.transport.write(_TIMED_OUT)
    channel.timeoutConnection()
