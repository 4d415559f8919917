"""Makes Daphne ask, before it makes a socket of a request, if its address connects too fast (see ``handshakes``).

The patched places are internal to Daphne and Twisted: requirements.txt pins Daphne, and a test uses a real server.
"""

from typing import Any

from daphne.http_protocol import WebRequest

from streamer_site.servers.handshakes import Holding, Turns, refusal_of

_FORWARDED = b"x-forwarded-for"


def install() -> None:
    """Patch Daphne. Call it once per process, before the server starts."""
    request_class: Any = WebRequest
    if getattr(request_class, "_streamer_handshakes", False):
        return
    process, holding, turns = request_class.process, Holding(), Turns()

    def process_unless_refused(self: Any) -> Any:
        if not _is_handshake(self):
            return process(self)
        answer = _refusal(self)
        if answer is None:
            turns.take(lambda: None if self._disconnected else process(self))
            return None
        channel = self.channel
        # The two refer to each other, and would stay in memory until the next full garbage collection.
        channel.requests.clear()
        self.server.protocol_disconnected(self)
        holding.answer_later(lambda: _end(channel, answer))
        return None

    request_class.process = process_unless_refused
    request_class._streamer_handshakes = True


def _is_handshake(request: Any) -> bool:
    upgrade = request.requestHeaders.getRawHeaders(b"upgrade")
    return bool(upgrade) and upgrade[0].lower() == b"websocket"


def _refusal(request: Any) -> bytes | None:
    forwarded = [(_FORWARDED, value) for value in request.requestHeaders.getRawHeaders(_FORWARDED) or []]
    host = getattr(request.client, "host", None)
    return refusal_of(forwarded, None if host is None else (host, request.client.port))


def _end(channel: Any, answer: bytes) -> None:
    channel.transport.write(answer)
    channel.loseConnection()
