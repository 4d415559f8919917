"""Lets the application close a socket whose client answers no pings of Daphne: with a goodbye, and a code that tells.

By itself, Daphne cuts such a socket off without a word. The place is Daphne's own and no interface of it:
requirements.txt pins the version, and a test uses a real server.
"""

from typing import Any

from daphne.ws_protocol import WebSocketProtocol

from realtime.consumers import NO_PONG_EVENT

# For the last words, and the client's answer to the close. A client that is gone is cut off then.
_PATIENCE_SECONDS = 5.0


def install() -> None:
    """Once per process, before the server starts."""
    if getattr(WebSocketProtocol, "_streamer_pings", False):
        return
    cut_off = WebSocketProtocol.onAutoPingTimeout

    def onAutoPingTimeout(self: Any) -> None:
        self.autoPingTimeoutCall = None
        self.application_queue.put_nowait({"type": NO_PONG_EVENT})
        self.factory._batched_timer.call_later(_PATIENCE_SECONDS, cut_off, self)

    WebSocketProtocol.onAutoPingTimeout = onAutoPingTimeout
    WebSocketProtocol._streamer_pings = True
