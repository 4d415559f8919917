"""A small client of the socket: sends requests and follows each one by its numbers."""

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
_FINAL_STATUS = {"complete": "completed", "error": "failed", "cancelled": "cancelled"}


class ConnectionEnded(Exception):
    """The server ended the connection while requests were open; the text says why."""


@dataclass
class Followed:
    """One request as its client saw it."""

    label: str
    action: str
    on_change: Callable[["Followed"], None]
    status: str = "sent"
    percentage: float = 0.0
    text: str = ""
    """What the last message said about the work."""
    was_queued: bool = False
    """False when it was answered on the spot by a ``response``."""
    seqs: list[int] = field(default_factory=list)
    finals: int = 0
    result: Message = field(default_factory=dict)
    error: Message = field(default_factory=dict)
    sent_at: float = field(default_factory=time.monotonic)
    seconds: float = 0.0
    """From sending to the final message."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, message: Message) -> None:
        """Record one message about this request."""
        kind = message["type"]
        if "seq" in message:
            self.seqs.append(message["seq"])
        if kind == "acknowledgment":
            self.was_queued, self.status = True, "queued"
        elif kind == "started":
            self.status = "running"
        elif kind == "progress":
            self.percentage, self.text = message["percentage"], message["message"]
        elif kind in ("response", "error") or message.get("final"):
            self._end(message)
        self.on_change(self)

    def faults(self) -> list[str]:
        """What is wrong with how it went; nothing when it succeeded and its messages were numbered 1, 2, 3 …"""
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
    """``async with Client(ws_url, token) as client``. One connection, any number of requests at once."""

    def __init__(self, url: str, token: str) -> None:
        self.messages = 0
        """How many messages the server sent."""
        self.welcome: Message = {}
        self._url = url
        self._token = token
        self._by_client_id: dict[str, Followed] = {}
        self._by_request_id: dict[str, Followed] = {}
        self._pongs: asyncio.Queue[Message] = asyncio.Queue()
        self._goodbye = ""

    async def __aenter__(self) -> "Client":
        protocols = [websockets.Subprotocol("streamer.v1"), websockets.Subprotocol(f"bearer.{self._token}")]
        self._socket: ClientConnection = await websockets.connect(
            self._url, subprotocols=protocols, proxy=None, max_size=None
        )
        self.welcome = json.loads(await self._socket.recv())
        if self.welcome["type"] != "welcome":
            raise ConnectionEnded(f"The server did not let us in: {self.welcome}")
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
        followed = self._by_client_id[client_id] = Followed(label or action, action, on_change)
        message = {"type": "request", "id": client_id, "action": action, "payload": payload}
        await self._socket.send(json.dumps(message))
        return followed

    async def wait(self, followed: Followed, timeout_seconds: float = 180.0) -> Followed:
        """Until its final message. Raises ``ConnectionEnded``; a request that takes too long has faults instead."""
        ended = asyncio.create_task(followed.ended.wait())
        await asyncio.wait({ended, self._reading}, timeout=timeout_seconds, return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        if self._reading.done():
            self._reading.result()
        return followed

    async def ping(self) -> None:
        """There and back; whatever the server had sent before has arrived then."""
        await self._socket.send('{"type": "ping"}')
        await asyncio.wait_for(self._pongs.get(), timeout=10)

    async def _read(self) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):
            async for frame in self._socket:
                self.messages += 1
                self._sort(json.loads(frame))
        raise ConnectionEnded(f"The server closed the connection (code {self._socket.close_code}{self._goodbye}).")

    def _sort(self, message: Message) -> None:
        """Hand a message to the request it is about. The first one brings our id together with the server's."""
        if message["type"] == "pong":
            self._pongs.put_nowait(message)
        elif message["type"] == "goodbye":
            self._goodbye = f", goodbye {message['code']}"
        request_id = message.get("request_id", "")
        followed = self._by_request_id.get(request_id) or self._by_client_id.get(message.get("id", ""))
        if followed:
            if request_id:
                self._by_request_id[request_id] = followed
            followed.take(message)
