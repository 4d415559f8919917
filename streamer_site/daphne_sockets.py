"""Two things about sockets that Daphne leaves to chance.

A client that answers no pings is closed by the application, with a goodbye and a code that tells: by itself, Daphne
cuts it off without a word. And a handshake that offers subprotocols in other letters than ASCII is no error of ours.

The places are Daphne's own and no interface of it: requirements.txt pins the version, and a test uses a real server.
"""

from typing import Any

from daphne.ws_protocol import WebSocketProtocol

from realtime.socket.consumer import NO_PONG_EVENT

# For the last words, and the client's answer to the close. A client that is gone is cut off then.
_PATIENCE_SECONDS = 5.0
_OFFERED = "sec-websocket-protocol"


def install() -> None:
    """Once per process, before the server starts."""
    if getattr(WebSocketProtocol, "_streamer_sockets", False):
        return
    cut_off, connect = WebSocketProtocol.onAutoPingTimeout, WebSocketProtocol.onConnect

    def onAutoPingTimeout(self: Any) -> None:
        self.autoPingTimeoutCall = None
        self.application_queue.put_nowait({"type": NO_PONG_EVENT})
        self.factory._batched_timer.call_later(_PATIENCE_SECONDS, cut_off, self)

    def onConnect(self: Any, request: Any) -> Any:
        if not request.headers.get(_OFFERED, "").isascii():
            request.headers[_OFFERED] = request.headers[_OFFERED].encode("ascii", "replace").decode()
        return connect(self, request)

    WebSocketProtocol.onAutoPingTimeout = onAutoPingTimeout
    WebSocketProtocol.onConnect = onConnect
    WebSocketProtocol._streamer_sockets = True
