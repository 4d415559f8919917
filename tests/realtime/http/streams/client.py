"""A client of a stream, without a server in between."""

from collections.abc import Mapping
from typing import Any

from asgiref.testing import ApplicationCommunicator

from streamer_site.asgi import application
from tests.realtime.server_sent import Event, Reader

_SECONDS = 10.0


class StreamClient:
    """One GET. ``read`` takes the next block of the stream."""

    def __init__(self, path: str, headers: Mapping[str, str]) -> None:
        path, _, query = path.partition("?")
        lines = {"Host": "localhost", "Accept": "text/event-stream", **headers}
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "GET",
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in lines.items()],
            "client": ("127.0.0.1", 1),
            "server": ("localhost", 80),
        }
        self._communicator = ApplicationCommunicator(application, scope)
        self._reader = Reader()
        self._unread: list[Event] = []
        self._has_ended = False
        self._is_lost = False
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""

    async def open(self) -> "StreamClient":
        await self._communicator.send_input({"type": "http.request", "body": b"", "more_body": False})
        start = await self._next()
        self.status = start["status"]
        self.headers = {name.decode().lower(): value.decode() for name, value in start["headers"]}
        return self

    async def read(self) -> Event | None:
        """Return the next block; None at the end of the stream."""
        while not self._unread:
            if self._has_ended:
                return None
            piece = await self._next()
            self.body += piece.get("body", b"")
            self._has_ended = not piece.get("more_body", False)
            self._unread += self._reader.feed(piece.get("body", b""))
        return self._unread.pop(0)

    async def read_message(self) -> dict[str, Any]:
        """Return the next message, whatever comes before it that is none."""
        while (event := await self.read()) is not None:
            if event.message is not None:
                return dict(event.message)
        raise AssertionError("the stream has ended")

    async def read_all(self) -> list[Event]:
        """Read up to the end, and return all blocks of the stream."""
        while await self.read() is not None:
            pass
        return self._reader.events

    async def is_silent(self, seconds: float = 0.1) -> bool:
        return not self._unread and bool(await self._communicator.receive_nothing(seconds))

    @property
    def messages(self) -> list[dict[str, Any]]:
        return self._reader.messages

    async def hang_up(self) -> None:
        if self._is_lost:
            return
        await self._communicator.send_input({"type": "http.disconnect"})
        await self._communicator.wait(_SECONDS)

    async def _next(self) -> dict[str, Any]:
        try:
            return dict(await self._communicator.receive_output(_SECONDS))
        except TimeoutError:
            self._is_lost = True  # the communicator has cancelled the application
            raise AssertionError(f"nothing came for {_SECONDS:.0f} s") from None
