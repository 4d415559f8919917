"""A socket as a client sees it, without a server in between; and other things that asynchronous tests need."""

import asyncio
import json
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator
from django.db import connections

from realtime import database
from streamer_site.asgi import application
from tests.local.waiting import DEADLINE_SECONDS
from tests.realtime.wire.server.fitting import assert_fits

ACKNOWLEDGE_SECONDS = 10.0
T = TypeVar("T")
Message = dict[str, Any]


class Socket:
    """A socket that speaks JSON. ``hear`` takes the next message, or the next of a type.

    Every message that it hears must have a shape that the documents declare.
    """

    def __init__(
        self, *, path: str = "/ws/", headers: Any = (), subprotocols: Any = (), host: bytes = b"localhost:8000"
    ) -> None:
        self._communicator = WebsocketCommunicator(
            application, path, headers=[(b"host", host), *headers], subprotocols=list(subprotocols)
        )
        self.accepted = False
        self.subprotocol: str | None = None
        self.close_code: int | None = None
        self._is_lost = False

    async def open(self) -> "Socket":
        """Open the socket. ``accepted`` and ``subprotocol`` hold the result."""
        self.accepted, answer = await self._communicator.connect(ACKNOWLEDGE_SECONDS)
        self.subprotocol = answer if self.accepted else None
        return self

    async def say(self, **fields: Any) -> None:
        await self.say_text(json.dumps(fields))

    async def say_text(self, text: str) -> None:
        await self._communicator.send_input({"type": "websocket.receive", "text": text})

    async def say_bytes(self, data: bytes) -> None:
        await self._communicator.send_input({"type": "websocket.receive", "bytes": data})

    async def happen(self, event: Any) -> None:
        """Send the application an event of the server."""
        await self._communicator.send_input(event)

    async def hear(self, kind: str | None = None) -> Message:
        """Return the next message, which must be of the type ``kind``."""
        message = await self._next()
        assert message is not None, f"closed with {self.close_code}"
        assert kind is None or message["type"] == kind, message
        return message

    async def hear_until(self, kind: str) -> list[Message]:
        """Return all messages up to the next one of the type ``kind``, which is included."""
        messages = [await self.hear()]
        while messages[-1]["type"] != kind:
            messages.append(await self.hear())
        return messages

    async def ask(self, **fields: Any) -> Message:
        await self.say(**fields)
        return await self.hear()

    async def hear_goodbye(self) -> Message:
        """Return the goodbye, whatever comes before it. Afterwards ``close_code`` has the code of the close."""
        goodbye = (await self.hear_until("goodbye"))[-1]
        assert await self._next() is None and self.close_code == goodbye["code"]
        return goodbye

    async def is_silent(self, seconds: float = 0.1) -> bool:
        return bool(await self._communicator.receive_nothing(seconds))

    async def leave(self, code: int = 1000) -> None:
        if not self._is_lost:
            await self._communicator.send_input({"type": "websocket.disconnect", "code": code})
            await self._communicator.wait(ACKNOWLEDGE_SECONDS)

    async def _next(self) -> Message | None:
        try:
            event = await self._communicator.receive_output(ACKNOWLEDGE_SECONDS)
        except TimeoutError:
            self._is_lost = True  # the communicator has cancelled the application
            raise AssertionError(f"nothing was heard for {ACKNOWLEDGE_SECONDS:.0f} s") from None
        if event["type"] == "websocket.close":
            self.close_code = event.get("code", 1000)
            return None
        message: Message = json.loads(event["text"])
        assert_fits(message)
        return message


async def until(condition: Callable[[], Any], what: str) -> None:
    """Wait on the event loop for a condition that needs no database."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"not within {DEADLINE_SECONDS:.0f} s: {what}"
        await asyncio.sleep(0.01)


async def aside(work: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Run ``work``, which may use the database, in a thread, and return its result."""

    def run() -> T:
        try:
            return work(*args, **kwargs)
        finally:
            connections.close_all()

    return await asyncio.to_thread(run)


async def end_all_tasks() -> None:
    """End what the parts of this process still do for this event loop, and the loop's channel layer."""
    while tasks := asyncio.all_tasks() - {asyncio.current_task()}:
        for task in tasks:
            task.cancel()
        # In a loop, because before Python 3.12 ``asyncio.wait_for`` can lose a cancellation.
        await asyncio.wait(tasks, timeout=0.2)
    await _end_database_work()
    await get_channel_layer().flush()


async def _end_database_work() -> None:
    """Wait until all database threads are free: what a cancelled task began there would be seen by the next test."""
    threads, loop = database._threads(), asyncio.get_running_loop()
    all_free = threading.Barrier(threads._max_workers)
    work = [loop.run_in_executor(threads, all_free.wait, DEADLINE_SECONDS) for _ in range(all_free.parties)]
    await asyncio.gather(*work)


async def submit(socket: Socket, action: str = "echo_async", **fields: Any) -> dict[str, Any]:
    """Send a request and take its acknowledgment."""
    await socket.say(action=action, **fields)
    return await socket.hear("acknowledgment")
