"""A correct client: it reconnects to any server, resumes by number, and resends what was not accepted."""

import asyncio
import itertools
import json
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection

from tests.chaos.stream import Message, Stream, Wanted

_OPEN_SECONDS = 3.0
_PAUSE_SECONDS = 0.1
_FIRST_CODE_TO_STAY_AWAY = 4500
_DISCONNECTED = (OSError, TimeoutError, websockets.WebSocketException)


class ChaosClient:
    """``run`` keeps it connected until it is cancelled; ``ask`` may be called at any time."""

    def __init__(self, urls: Sequence[str], token: str, *, wander_after: int = 0, heeds_goodbye: bool = False) -> None:
        """Make a client. It goes to the next server after ``wander_after`` messages; 0 stays.

        ``urls`` may change meanwhile. ``heeds_goodbye``: it comes back no sooner than the server asks it to.
        """
        self.streams: dict[str, Stream] = {}
        self._by_request_id: dict[str, Stream] = {}
        self._urls = urls
        self._turns = itertools.count()
        self._heeds_goodbye = heeds_goodbye
        self._pause_seconds = _PAUSE_SECONDS
        self._token = token
        self._wander_after = wander_after
        self._socket: ClientConnection | None = None
        self._changed = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def open_streams(self) -> list[Stream]:
        return [stream for stream in self.streams.values() if not stream.ended]

    async def ask(self, wanted: Wanted) -> Stream:
        """Send a request, now or at the next connection."""
        stream = Stream(client_id=uuid.uuid4().hex, wanted=wanted, asked_at=time.time())
        self.streams[stream.client_id] = stream
        await self._send(_request(stream))
        return stream

    async def cancel(self, stream: Stream) -> None:
        await self._send({"type": "cancel", "request_id": stream.request_id})

    async def until_ended(self) -> None:
        """Wait until every request has had its final message."""
        while self.open_streams:
            self._changed.clear()
            await self._changed.wait()

    async def run(self) -> None:
        try:
            while True:
                self._pause_seconds = _PAUSE_SECONDS
                with suppress(*_DISCONNECTED):
                    await self._converse(self._urls[next(self._turns) % len(self._urls)])
                await asyncio.sleep(self._pause_seconds)
        finally:
            for task in self._tasks:
                task.cancel()

    # --- one connection ------------------------------------------------------------------------------------------

    async def _converse(self, url: str) -> None:
        protocols = [websockets.Subprotocol("streamer.v1"), websockets.Subprotocol(f"bearer.{self._token}")]
        connecting = websockets.connect(
            url, subprotocols=protocols, proxy=None, max_size=None, open_timeout=_OPEN_SECONDS
        )
        async with connecting as socket:
            await socket.recv()  # the welcome
            self._socket = socket
            try:
                await self._resume()
                await self._listen(socket)
            finally:
                self._socket = None
        if (socket.close_code or 0) >= _FIRST_CODE_TO_STAY_AWAY:
            raise RuntimeError(f"the server wants this client to stay away: {socket.close_code}")

    async def _resume(self) -> None:
        known = [stream for stream in self.open_streams if stream.request_id]
        if known:
            cursors = [{"request_id": stream.request_id, "after_seq": stream.last_seq} for stream in known]
            await self._send({"type": "subscribe", "requests": cursors})
        for stream in self.open_streams:
            if not stream.request_id:
                await self._send(_request(stream))
            elif stream.wanted.cancel and stream.last_seq > 1:
                await self.cancel(stream)

    async def _listen(self, socket: ClientConnection) -> None:
        count = 0
        async for frame in socket:
            self._sort(json.loads(frame))
            count += 1
            if count == self._wander_after:
                socket.transport.abort()
                return

    async def _send(self, message: Message) -> None:
        """Send a message. A failure loses nothing, because the next connection starts with all open requests."""
        if self._socket is not None:
            with suppress(*_DISCONNECTED):
                await self._socket.send(json.dumps(message))

    # --- messages ------------------------------------------------------------------------------------------------

    def _sort(self, message: Message) -> None:
        stream = self._by_request_id.get(message.get("request_id", "")) or self.streams.get(message.get("id", ""))
        if message["type"] == "subscribed":
            self._look_for_faults(message)
        elif message["type"] == "goodbye" and self._heeds_goodbye:
            self._pause_seconds = message["after_ms"] / 1000
        if stream is None:
            return
        if message["type"] == "error" and "seq" not in message:
            self._refused(stream, message["error"])
        elif message["type"] == "snapshot":
            if message["reason"] == "cancel":
                stream.cancel_answered.set()
            elif message["reason"] == "trimmed":
                stream.faults.append("its log was trimmed")
        elif "seq" in message or message["type"] == "acknowledgment":
            self._take(stream, message)

    def _take(self, stream: Stream, message: Message) -> None:
        stream.request_id = message["request_id"]
        self._by_request_id[stream.request_id] = stream
        stream.take(message)
        if stream.wanted.cancel and message["type"] == "progress":
            self._spawn(self.cancel(stream))
        self._changed.set()

    def _refused(self, stream: Stream, error: Message) -> None:
        if stream.request_id:
            stream.cancel_answered.set()
            # A cancel that came too late is no fault.
            if error["code"] not in ("VALIDATION_ERROR", "SERVICE_UNAVAILABLE"):
                stream.faults.append(f"refused: {error['code']}")
        elif error["retryable"]:
            self._spawn(self._send_later(stream))
        else:
            stream.faults.append(f"not accepted: {error['code']}")
            stream.ended = True
            self._changed.set()

    def _look_for_faults(self, message: Message) -> None:
        for one in message["requests"]:
            if one.get("error") and one["request_id"] in self._by_request_id:
                self._by_request_id[one["request_id"]].faults.append(f"cannot resume: {one['error']['code']}")

    async def _send_later(self, stream: Stream) -> None:
        await asyncio.sleep(_PAUSE_SECONDS)
        await self._send(_request(stream))

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def end_all(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Cancel the tasks, and return when each has left its connection. Raises the error of one that failed before."""
    for task in tasks:
        task.cancel()
    for ended in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(ended, Exception):
            raise ended


def _request(stream: Stream) -> Message:
    wanted = stream.wanted
    request = {"type": "request", "id": stream.client_id, "action": wanted.action, "payload": wanted.payload}
    return {**request, "cache": False}  # every trial sends the same requests, and each must be real work
