"""A client of the socket that records every message it receives, with its time."""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import websockets
from websockets.asyncio.client import ClientConnection

from tests.acceptance.streams import Message, assert_is_whole
from tests.live import LiveStack

DEADLINE_SECONDS = 20.0
SUBPROTOCOL = "streamer.v1"
T = TypeVar("T")


@dataclass(frozen=True)
class Received:
    message: Message
    at: float
    """Seconds on the monotonic clock."""


class Client:
    """One open socket. Waiting looks at all received messages, so an earlier one counts too."""

    def __init__(self, socket: ClientConnection) -> None:
        self.received: list[Received] = []
        self._socket = socket
        self._news = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    @property
    def messages(self) -> list[Message]:
        return [item.message for item in self.received]

    @property
    def close_code(self) -> int | None:
        """The code of the close; None while the socket is open."""
        return self._socket.close_code

    # --- speaking ------------------------------------------------------------------------------------------------

    async def say(self, kind: str, **fields: Any) -> None:
        await self.send_frame(json.dumps({"type": kind, **fields}))

    async def send_frame(self, frame: str | bytes) -> None:
        await self._socket.send(frame)

    async def ask(self, kind: str, **fields: Any) -> Message:
        """Send a message with an id of its own, and return the first answer."""
        question = {"id": uuid.uuid4().hex, **fields}
        await self.say(kind, **question)
        return await self.find(f"an answer to {kind}", lambda message: message.get("id") == question["id"])

    async def request(self, action: str, payload: Mapping[str, Any] | None = None, **fields: Any) -> Message:
        """Send a request, and return its response, acknowledgment or error."""
        return await self.ask("request", action=action, payload=payload or {}, **fields)

    async def submit(self, action: str, payload: Mapping[str, Any] | None = None, **fields: Any) -> str:
        """Send a request that must be accepted, and return the server's id of it."""
        acknowledgment = await self.request(action, payload, **fields)
        assert acknowledgment["type"] == "acknowledgment", acknowledgment
        return str(acknowledgment["request_id"])

    async def follow(self, request_id: str, after_seq: int = 0) -> Message:
        """Subscribe and return the answer. The messages are then in ``stream``."""
        return await self.ask("subscribe", request_id=request_id, after_seq=after_seq)

    # --- listening -----------------------------------------------------------------------------------------------

    async def until(self, look: Callable[[], T | None], what: str, seconds: float = DEADLINE_SECONDS) -> T:
        """Return the first true value of ``look``, which is called again at each message."""
        try:
            async with asyncio.timeout(seconds):
                while not (found := look()):
                    assert not self._reading.done(), f"closed ({self.close_code}) before {what}; {self._last()}"
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"not within {seconds:.0f} s: {what}; {self._last()}") from None
        return found

    async def find(self, what: str, fits: Callable[[Message], bool], seconds: float = DEADLINE_SECONDS) -> Message:
        return await self.until(lambda: next(filter(fits, self.messages), None), what, seconds)

    async def event(self, request_id: str, kind: str, seconds: float = DEADLINE_SECONDS) -> Message:
        """Wait for the first numbered message of the type ``kind``."""
        return await self.until(
            lambda: next((one for one in self.stream(request_id) if one["type"] == kind), None), kind, seconds
        )

    def stream(self, request_id: str) -> list[Message]:
        """Return the numbered messages of a request, in the order of their arrival."""
        return [one for one in self.messages if one.get("request_id") == request_id and _is_event(one)]

    async def whole_stream(
        self, request_id: str, *, after_seq: int = 0, seconds: float = DEADLINE_SECONDS
    ) -> list[Message]:
        """Return all messages up to the final one. Fails unless each number came once, in order, and none followed."""
        await self.until(lambda: any(one.get("final") for one in self.stream(request_id)), "a final message", seconds)
        await self.ping()  # all that the server sent before its answer has arrived then
        stream = self.stream(request_id)
        assert_is_whole(stream, after_seq=after_seq)
        return stream

    async def ping(self) -> Message:
        pong = await self.ask("ping")
        assert pong["type"] == "pong"
        return pong

    async def closed(self, seconds: float = DEADLINE_SECONDS) -> int | None:
        """Wait until the server, or its death, has closed the socket, and return the close code."""
        await asyncio.wait_for(asyncio.shield(self._reading), seconds)
        return self.close_code

    def arrival(self, message: Message) -> float:
        return next(item.at for item in self.received if item.message is message)

    # --- ending --------------------------------------------------------------------------------------------------

    def drop(self) -> None:
        """Cut the connection without a close frame, as a lost network does."""
        self._socket.transport.abort()

    async def close(self) -> None:
        await self._socket.close()
        await self._reading

    async def _read(self) -> None:
        try:
            async for frame in self._socket:
                self.received.append(Received(json.loads(frame), time.monotonic()))
                self._news.set()
        except websockets.ConnectionClosed:
            pass
        finally:
            self._news.set()

    def _last(self) -> str:
        return f"the last messages: {self.messages[-3:]}"


def _is_event(message: Message) -> bool:
    return "seq" in message and message["type"] != "snapshot"


@asynccontextmanager
async def open_socket(
    url: str, *, subprotocols: Sequence[str] = (), headers: Mapping[str, str] | None = None
) -> AsyncIterator[Client]:
    """Open a socket with exactly this handshake. The server may still refuse it with a message."""
    socket = await websockets.connect(
        url,
        subprotocols=[websockets.Subprotocol(name) for name in subprotocols] or None,
        additional_headers=headers,
        proxy=None,
        max_size=None,
    )
    client = Client(socket)
    try:
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def connect(
    live: LiveStack, user: str, *, server: int = 0, tenant: str = "acme", permissions: Sequence[str] = ("*",)
) -> AsyncIterator[Client]:
    """Open a socket that the server accepts, on the web process numbered ``server``."""
    token = live.token(user, tenant, permissions)
    async with open_socket(live.ws_urls[server], subprotocols=[SUBPROTOCOL, f"bearer.{token}"]) as client:
        await client.find("welcome", lambda message: message["type"] == "welcome")
        yield client
