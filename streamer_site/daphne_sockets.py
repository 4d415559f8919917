"""Two corrections of Daphne's sockets.

The application closes a client that answers no pings, with a last message and a code, where Daphne alone cuts it off
silently. And a handshake with subprotocols that are not ASCII is the client's error and not the server's.

The patched places are internal to Daphne: requirements.txt pins the version, and a test uses a real server.
"""

from typing import Any

from daphne.ws_protocol import WebSocketProtocol

from realtime.socket.consumer import NO_PONG_EVENT

# Seconds for the last message, and the client's answer to the close. Afterwards the socket is cut off.
_CLOSE_SECONDS = 5.0
_OFFERED = "sec-websocket-protocol"


def install() -> None:
    """Patch Daphne. Call it once per process, before the server starts."""
    if getattr(WebSocketProtocol, "_streamer_sockets", False):
        return
    cut_off, connect = WebSocketProtocol.onAutoPingTimeout, WebSocketProtocol.onConnect

    def onAutoPingTimeout(self: Any) -> None:
        self.autoPingTimeoutCall = None
        self.application_queue.put_nowait({"type": NO_PONG_EVENT})
        self.factory._batched_timer.call_later(_CLOSE_SECONDS, cut_off, self)

    def onConnect(self: Any, request: Any) -> Any:
        if not request.headers.get(_OFFERED, "").isascii():
            request.headers[_OFFERED] = request.headers[_OFFERED].encode("ascii", "replace").decode()
        return connect(self, request)

    WebSocketProtocol.onAutoPingTimeout = onAutoPingTimeout
    WebSocketProtocol.onConnect = onConnect
    WebSocketProtocol._streamer_sockets = True
