"""Makes uvicorn count frames before it hands them on. A socket that floods is read no more and closed with 4503.

The patched places are internal to uvicorn and websockets: requirements.txt pins the version, and a test uses a real
server.
"""

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from realtime.socket.consumer import FLOOD_EVENT
from streamer_site.servers.frame_limit import CUT_OFF_SECONDS, FrameLimit
from streamer_site.servers.pings import wire_size
from streamer_site.servers.receiving import receiving


def install() -> None:
    """Patch uvicorn. Call it once per process, before the server starts."""
    protocol: Any = WebSocketsSansIOProtocol
    if getattr(protocol, "_streamer_frames", False):
        return
    init, received = protocol.__init__, protocol.data_received

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        self._streamer_floods = False
        limit, take_frame = FrameLimit(), self.conn.recv_frame

        def recv_frame(frame: Any) -> None:
            self._streamer_unread -= wire_size(len(frame.data))
            if self._streamer_floods:
                self.conn.reader.discard()
            elif limit.take():
                take_frame(frame)
            else:
                self._streamer_floods = True
                self.conn.reader.discard()
                self.queue.put_nowait({"type": FLOOD_EVENT})
                self.loop.call_later(CUT_OFF_SECONDS, self.transport.abort)

        self.conn.recv_frame = recv_frame

    def data_received(self: Any, data: bytes) -> None:
        if not self._streamer_floods:
            received(self, data)
        if self._streamer_transport is not None:
            held = sum(map(len, self.frames))
            receiving().note(self._streamer_transport, self._streamer_unread + held)

    protocol.__init__ = __init__
    protocol.data_received = data_received
    protocol._streamer_frames = True
