"""A service that does what a test tells it: it takes connections, records what the client sends, and answers."""

import asyncio
import json
from collections import deque
from pathlib import Path
from typing import Any

from fakes.virtual_time import loop
from streamer_client.events import Message
from streamer_client.transports.channel import Channel, Ended, Unreachable

WELCOME: Message = {
    "type": "welcome",
    "heartbeat_seconds": 20,
    "limits": {"credit_events": 256, "batch_requests": 100},
    "timestamp": 1_700_000_000.0,
}


class ScriptedChannel:
    """One connection, seen from both sides."""

    def __init__(self, token: str | None) -> None:
        self.token = token
        self.sent: deque[Message] = deque()
        """The messages of the client that no step has looked at."""
        self.is_over = False
        self._incoming: asyncio.Queue[Message | Ended] = asyncio.Queue()

    # --- the client's side ---------------------------------------------------------------------------------------

    async def send(self, message: Message) -> None:
        if self.is_over:
            raise Ended(None)
        self.sent.append(json.loads(json.dumps(message)))

    async def receive(self) -> tuple[Message, int]:
        item = await self._incoming.get()
        if isinstance(item, Ended):
            raise item
        return item, len(json.dumps(item))

    async def close(self) -> None:
        self.is_over = True

    def abort(self) -> None:
        self.is_over = True

    # --- the server's side ---------------------------------------------------------------------------------------

    def push(self, message: Message) -> None:
        self._incoming.put_nowait({"timestamp": 1_700_000_000.0, **message})

    def end(self, code: int | None) -> None:
        self.is_over = True
        self._incoming.put_nowait(Ended(code))


class ScriptedServer:
    """Answers ``dial``: each call waits until the test accepts or fails it."""

    def __init__(self) -> None:
        self.channel: ScriptedChannel | None = None
        self._calls: deque[tuple[str | None, asyncio.Future[Channel]]] = deque()

    async def dial(self, token: str | None) -> Channel:
        answer: asyncio.Future[Channel] = asyncio.get_running_loop().create_future()
        self._calls.append((token, answer))
        return await answer

    @property
    def is_called(self) -> bool:
        return bool(self._calls)

    def accept(self, welcome: Message | None = WELCOME) -> ScriptedChannel:
        token, answer = self._calls.popleft()
        self.channel = ScriptedChannel(token)
        if welcome is not None:
            self.channel.push(welcome)
        answer.set_result(self.channel)
        return self.channel

    def fail(self, error: Unreachable | None = None) -> None:
        _, answer = self._calls.popleft()
        answer.set_exception(error or Unreachable("no host is there"))


async def until(is_so: Any, *, within_seconds: float, what: str) -> float:
    """Let the clock run until it is so. Return how many seconds that took."""
    began_at = loop().time()
    await loop().settle()
    while not is_so():
        assert loop().time() - began_at <= within_seconds + 1e-6, f"not within {within_seconds} s: {what}"
        await asyncio.sleep(0.005)
        await loop().settle()
    return loop().time() - began_at


REPOSITORY = Path(__file__).resolve().parents[4]
