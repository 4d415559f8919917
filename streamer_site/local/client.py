"""A small client of the socket: it sends requests and follows each by its numbers, over any number of connections."""

import asyncio
import contextlib
import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection

Message = Mapping[str, Any]
COME_BACK_SECONDS = 30.0
"""The seconds within which a restarted server accepts connections."""
_PAUSE_SECONDS = 0.25
_FINAL_STATUS = {"complete": "completed", "error": "failed", "cancelled": "cancelled"}


class ConnectionEnded(Exception):
    """The server refuses the client, or does not answer any more. The text says which."""


@dataclass
class Followed:
    """One request as its client saw it."""

    label: str
    action: str
    on_change: Callable[["Followed"], None]
    message: Message
    """The sent message, which is sent again when the connection was lost before an answer."""
    request_id: str = ""
    """The server's id; empty before the acknowledgment."""
    tries_left: int = 2
    """The number of tries left after answers that it may succeed later, as on a busy machine."""
    status: str = "sent"
    percentage: float = 0.0
    text: str = ""
    """The text of the last message about the work."""
    note: str = ""
    """The text that a display shows instead, such as that its connection was cut."""
    attempt: int = 0
    """The number of the attempt that has begun last; 0 before the first one, and for what ran inline."""
    first_percentages: dict[int, float] = field(default_factory=dict)
    """Attempt → the percentage that it told first."""
    was_queued: bool = False
    """False when it ran inline and was answered by a ``response``."""
    seqs: list[int] = field(default_factory=list)
    finals: int = 0
    result: Message = field(default_factory=dict)
    error: Message = field(default_factory=dict)
    sent_at: float = field(default_factory=time.monotonic)
    seconds: float = 0.0
    """Seconds from sending to the final message."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, message: Message) -> None:
        """Record one message about this request."""
        kind = message["type"]
        if "seq" in message:
            self.seqs.append(message["seq"])
        if kind == "acknowledgment":
            self.was_queued, self.status, self.request_id = True, "queued", message["request_id"]
        elif kind == "started":
            self.status, self.attempt = "running", message["attempt"]
        elif kind == "progress":
            self.percentage, self.text = message["percentage"], message["message"]
            self.first_percentages.setdefault(self.attempt, self.percentage)
        elif kind in ("response", "error") or message.get("final"):
            self._end(message)
        self.on_change(self)

    def faults(self) -> list[str]:
        """List the faults of its course: none when it succeeded and its messages were numbered 1, 2, 3 …"""
        faults = []
        if self.status != "completed":
            faults.append(f"ended as {self.status}: {self.error.get('message', 'no final message')}")
        if self.finals != 1:
            faults.append(f"had {self.finals} final messages")
        if self.was_queued and self.seqs != list(range(1, len(self.seqs) + 1)):
            faults.append(f"had the numbers {self.seqs}")
        return [f"{self.label} {fault}" for fault in faults]

    def _end(self, message: Message) -> None:
        self.finals += 1
        self.seconds = time.monotonic() - self.sent_at
        self.result = message.get("result") or message.get("data") or {}
        self.error = message.get("error") or {}
        answered = message["type"] == "response" and message["success"]
        self.status = "completed" if answered else _FINAL_STATUS.get(message["type"], "failed")
        if self.status == "completed":
            self.percentage, self.text = 100.0, ""
        self.ended.set()


class Client:
    """A client: ``async with Client(ws_url, token) as client``. It sends any number of requests, and reconnects."""

    def __init__(self, url: str, token: str) -> None:
        self.messages = 0
        """The number of messages that the server sent."""
        self.welcome: Message = {}
        self.returns = 0
        """The number of reconnections after a lost connection."""
        self._url = url
        self._token = token
        self._by_client_id: dict[str, Followed] = {}
        self._by_request_id: dict[str, Followed] = {}
        self._pongs: asyncio.Queue[Message] = asyncio.Queue()
        self._pings = 0
        self._goodbye: Message = {}
        self._may_return = asyncio.Event()
        self._may_return.set()

    async def __aenter__(self) -> "Client":
        self._socket = await self._connect()
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._reading.cancel()
        with contextlib.suppress(asyncio.CancelledError, ConnectionEnded):
            await self._reading
        await self._socket.close()

    async def send(
        self, action: str, payload: Message, *, label: str = "", on_change: Callable[[Followed], None] = lambda _: None
    ) -> Followed:
        """Send a request. ``on_change`` is called with every message about it."""
        client_id = uuid.uuid4().hex
        message = {"type": "request", "id": client_id, "action": action, "payload": payload}
        followed = self._by_client_id[client_id] = Followed(label or action, action, on_change, message)
        await self._say(message)
        return followed

    async def follow(
        self, request_id: str, *, label: str = "", on_change: Callable[[Followed], None] = lambda _: None
    ) -> Followed:
        """Follow a request that another client has sent, from its first message on."""
        message = {"type": "subscribe", "request_id": request_id, "after_seq": 0}
        followed = Followed(label or request_id, "", on_change, message, request_id=request_id, was_queued=True)
        self._by_client_id[request_id] = self._by_request_id[request_id] = followed
        await self._say(message)
        return followed

    async def cut(self) -> None:
        """Break the connection off without a word, and stay away until ``let_back``."""
        self._may_return.clear()
        self._socket.transport.abort()

    def let_back(self) -> None:
        """Let the client connect again after a ``cut``."""
        self._may_return.set()

    async def wait(self, followed: Followed, timeout_seconds: float = 180.0) -> Followed:
        """Wait for its final message. Raises ``ConnectionEnded``; a request that takes too long gets a fault."""
        ended = asyncio.create_task(followed.ended.wait())
        await asyncio.wait({ended, self._reading}, timeout=timeout_seconds, return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        if self._reading.done():
            self._reading.result()
        return followed

    async def ping(self) -> None:
        """Wait for the answer to a ping, after which all earlier messages of the server have arrived."""
        self._pings += 1
        try:
            await self._say({"type": "ping"})
            await asyncio.wait_for(self._pongs.get(), timeout=10 + COME_BACK_SECONDS)
        finally:
            self._pings -= 1

    # --- the connection ------------------------------------------------------------------------------------------

    async def _connect(self) -> ClientConnection:
        protocols = [websockets.Subprotocol("streamer.v1"), websockets.Subprotocol(f"bearer.{self._token}")]
        socket = await websockets.connect(self._url, subprotocols=protocols, proxy=None, max_size=None)
        self.welcome = json.loads(await socket.recv())
        if self.welcome["type"] != "welcome":
            raise ConnectionEnded(f"The server did not let us in: {self.welcome}")
        return socket

    async def _say(self, message: Message) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):  # the client sends it again after it reconnects
            await self._socket.send(json.dumps(message))

    async def _read(self) -> None:
        while True:
            with contextlib.suppress(websockets.ConnectionClosed):
                async for frame in self._socket:
                    self.messages += 1
                    await self._sort(json.loads(frame))
            await self._come_back()

    async def _come_back(self) -> None:
        """Connect again, resend unanswered messages, and continue each request after its last number."""
        lost = f"The server closed the connection (code {self._socket.close_code})"
        if not self._goodbye.get("reconnect", True):
            raise ConnectionEnded(f"{lost}: {self._goodbye['reason']}")
        await self._may_return.wait()
        await asyncio.sleep(self._goodbye.get("after_ms", 1000 * _PAUSE_SECONDS) / 1000)
        give_up_at = time.monotonic() + COME_BACK_SECONDS
        while True:
            try:
                socket = await self._connect()
                break
            except (OSError, websockets.WebSocketException) as error:
                if time.monotonic() > give_up_at:
                    raise ConnectionEnded(f"{lost} and is not there any more: {error}") from error
                await asyncio.sleep(_PAUSE_SECONDS)
        # No await in between: later messages go to the new socket, and must not be sent twice.
        self._socket, self._goodbye = socket, {}
        unended = [one for one in self._by_client_id.values() if not one.ended.is_set()]
        self.returns += 1
        cursors = [
            {"request_id": one.request_id, "after_seq": max(one.seqs, default=0)} for one in unended if one.request_id
        ]
        if cursors:
            await self._say({"type": "subscribe", "requests": cursors})
        for one in unended:
            if not one.request_id:
                await self._say(one.message)
        for _ in range(self._pings):
            await self._say({"type": "ping"})

    async def _sort(self, message: Message) -> None:
        """Pass a message to its request. The first one links the client's id with the server's."""
        if message["type"] == "pong":
            self._pongs.put_nowait(message)
        elif message["type"] == "goodbye":
            self._goodbye = message
        request_id = message.get("request_id", "")
        followed = self._by_request_id.get(request_id) or self._by_client_id.get(message.get("id", ""))
        if followed:
            if request_id:
                self._by_request_id[request_id] = followed
            if _may_succeed_later(message) and followed.tries_left:
                followed.tries_left -= 1
                await self._say(followed.message)
            else:
                followed.take(message)


def _may_succeed_later(message: Message) -> bool:
    """Return True if the message is an answer, not the end of a stored request, and says that a retry may help."""
    return message["type"] == "error" and "seq" not in message and bool(message["error"].get("retryable"))
