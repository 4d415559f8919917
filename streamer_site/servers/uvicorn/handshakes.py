"""Makes uvicorn ask, before it makes a socket of a request, if its address connects too fast (see ``handshakes``).

The patched place is internal to uvicorn: requirements.txt pins the version, and a test uses a real server.
"""

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from streamer_site.servers.handshakes import Holding, Turns, refusal_of


def install() -> None:
    """Patch uvicorn. Call it once per process, before the first connection."""
    protocol: Any = HttpToolsProtocol
    if getattr(protocol, "_streamer_handshakes", False):
        return
    upgrade, holding, turns = protocol.handle_websocket_upgrade, Holding(), Turns()

    def upgrade_unless_refused(self: Any) -> None:
        transport = self.transport
        answer = refusal_of(self.scope["headers"], self.client)
        if answer is None:
            turns.take(lambda: None if transport.is_closing() else upgrade(self))
            return
        transport.pause_reading()
        holding.answer_later(lambda: _end(transport, answer))

    protocol.handle_websocket_upgrade = upgrade_unless_refused
    protocol._streamer_handshakes = True


def _end(transport: Any, answer: bytes) -> None:
    transport.write(answer)
    transport.close()
