"""The cost of a socket that is only open."""

import asyncio
import gc
import inspect
import weakref
from pathlib import Path

import pytest

from realtime.socket import consumer
from tests.realtime.conftest import OpenSocket
from tests.realtime.sockets import until

pytestmark = pytest.mark.django_db(transaction=True)


async def test_a_socket_needs_no_task_beside_the_servers_own(open_socket: OpenSocket) -> None:
    await open_socket()
    before = asyncio.all_tasks()
    for number in range(3):
        await open_socket(user=f"user{number}")
    ours = str(Path(consumer.__file__).parent)
    begun = [inspect.getsourcefile(task.get_coro().cr_code) or "" for task in asyncio.all_tasks() - before]  # type: ignore[union-attr]
    assert begun and not any(file.startswith(ours) for file in begun)


async def test_a_closed_socket_leaves_nothing_for_the_garbage_collector(
    open_socket: OpenSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts: list[weakref.ref[object]] = []
    converse = consumer.StreamerConsumer._converse

    async def note(self: consumer.StreamerConsumer, *args: object) -> None:
        parts.append(weakref.ref(self))
        await converse(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(consumer.StreamerConsumer, "_converse", note)
    socket = await open_socket()
    assert (await socket.ask(type="ping"))["type"] == "pong"
    gc.collect()
    gc.disable()
    try:
        await socket.leave()
        await until(lambda: parts[0]() is None, "no circle keeps the consumer and so the server's parts")
    finally:
        gc.enable()
