"""Makes Daphne count frames before it parses what they hold. A socket that floods is read no more and closed with 4503.

The patched places are internal to Daphne and autobahn: requirements.txt pins the version, and a test uses a real
server.
"""

from typing import Any

from daphne.ws_protocol import WebSocketProtocol
from twisted.internet import reactor

from realtime.socket.consumer import FLOOD_EVENT
from streamer_site.servers.frame_limit import CUT_OFF_SECONDS, FrameLimit
from streamer_site.servers.receiving import receiving

# autobahn copies all that is left at each frame, so what comes is given to it in pieces.
_PIECE_BYTES = 4 * 1024
# Twisted declares no type for the reactor, which is a module.
_later: Any = reactor.callLater


def install() -> None:
    """Patch Daphne. Call it once per process, before the server starts."""
    protocol: Any = WebSocketProtocol
    if getattr(protocol, "_streamer_frames", False):
        return
    begin, received, message = protocol.onFrameBegin, protocol._dataReceived, protocol.onMessage

    def onFrameBegin(self: Any) -> None:
        begin(self)
        if self._streamer_frame_limit is None:
            self._streamer_frame_limit = FrameLimit()
        if not self._streamer_frame_limit.take() and not self._streamer_floods:
            self._streamer_floods = True
            self.data = b""  # the frames that came with this one
            self.application_queue.put_nowait({"type": FLOOD_EVENT})
            _later(CUT_OFF_SECONDS, self.transport.abortConnection)

    def onMessage(self: Any, payload: bytes, is_binary: bool) -> None:
        self._streamer_unread = 0
        message(self, payload, is_binary)

    def dataReceived(self: Any, data: bytes) -> None:
        self._streamer_unread += len(data)
        for start in range(0, len(data), _PIECE_BYTES):
            if self._streamer_floods:
                return
            received(self, data[start : start + _PIECE_BYTES])
        if (flow := getattr(self, "flow", None)) is not None:
            receiving().note(flow, self._streamer_unread)

    protocol._streamer_frame_limit = None
    protocol._streamer_floods = False
    # The bytes that have come since the end of the last whole message.
    protocol._streamer_unread = 0
    protocol.onMessage = onMessage
    protocol.onFrameBegin = onFrameBegin
    protocol._dataReceived = dataReceived
    protocol._streamer_frames = True
