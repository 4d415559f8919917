"""The client of the matrix, against a server that cuts it off: it resumes, and repeats what was not heard."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from websockets.asyncio.server import ServerConnection, serve

from tests.chaos.client import ChaosClient, end_all
from tests.chaos.stream import Balance, Stream, Wanted

REQUEST = "11111111-1111-1111-1111-111111111111"
LAST = 6
Answer = Callable[[int, dict[str, Any]], list[dict[str, Any]]]
"""The number of the connection (1, 2 …) and a message of the client; what the server sends before it cuts it off."""


def event(seq: int) -> dict[str, Any]:
    final = {"final": True} if seq == LAST else {}
    return {"type": "complete" if final else "progress", "request_id": REQUEST, "seq": seq, "timestamp": 0.0, **final}


def acknowledgment(message: dict[str, Any]) -> dict[str, Any]:
    return {"type": "acknowledgment", "id": message["id"], "request_id": REQUEST}


async def converse(answer: Answer, *, wander_after: int = 0) -> tuple[Stream, list[dict[str, Any]]]:
    """Ask for one request. Return its stream when it has ended, and all that the server was sent."""
    heard: list[dict[str, Any]] = []
    connections = 0

    async def handle(socket: ServerConnection) -> None:
        nonlocal connections
        connections += 1
        await socket.send('{"type": "welcome"}')
        message = json.loads(await socket.recv())
        heard.append(message)
        for one in answer(connections, message):
            await socket.send(json.dumps(one))
        if wander_after:
            await socket.wait_closed()

    async with serve(handle, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        client = ChaosClient([f"ws://127.0.0.1:{port}/"], "token", wander_after=wander_after)
        stream = await client.ask(Wanted(action="echo_async"))
        running = asyncio.create_task(client.run())
        await asyncio.wait_for(client.until_ended(), 20)
        await end_all([running])
    return stream, heard


async def test_it_works() -> None:
    """Two messages a connection; each time it asks for what comes after them."""

    def answer(number: int, message: dict[str, Any]) -> list[dict[str, Any]]:
        if message["type"] == "request":
            return [acknowledgment(message), event(1), event(2)]
        after = message["requests"][0]["after_seq"]
        return [event(after + 1), event(after + 2)]

    stream, heard = await converse(answer)
    assert not stream.balance() and stream.outcome == "complete"
    assert [message["type"] for message in heard] == ["request", "subscribe", "subscribe"]
    assert [message["requests"][0]["after_seq"] for message in heard[1:]] == [2, 4]


async def test_what_was_not_acknowledged_is_sent_again_under_the_same_id() -> None:
    def answer(number: int, message: dict[str, Any]) -> list[dict[str, Any]]:
        return [acknowledgment(message), *map(event, range(1, LAST + 1))] if number == 3 else []

    stream, heard = await converse(answer)
    assert not stream.balance()
    assert len(heard) == 3 and len({message["id"] for message in heard}) == 1


async def test_a_message_that_comes_twice_is_put_into_the_books() -> None:
    def answer(number: int, message: dict[str, Any]) -> list[dict[str, Any]]:
        if number == 1:
            return [acknowledgment(message), event(1), event(2)]
        return [event(2), event(3), event(5), event(6)]

    stream, _ = await converse(answer)
    assert stream.balance() == Balance(lost=1, doubled=1)


async def test_a_request_that_is_not_known_any_more_is_a_fault() -> None:
    def answer(number: int, message: dict[str, Any]) -> list[dict[str, Any]]:
        if number == 1:
            return [acknowledgment(message), event(1)]
        unknown = {"request_id": REQUEST, "error": {"code": "NOT_FOUND"}}
        return [{"type": "subscribed", "requests": [unknown]}, event(LAST)]

    stream, _ = await converse(answer)
    assert stream.faults == ["cannot resume: NOT_FOUND"]


async def test_a_wanderer_leaves_by_itself() -> None:
    def answer(number: int, message: dict[str, Any]) -> list[dict[str, Any]]:
        if message["type"] == "request":
            return [acknowledgment(message), event(1), event(2)]
        after = message["requests"][0]["after_seq"]
        return [event(seq) for seq in range(after + 1, LAST + 1)]

    stream, heard = await converse(answer, wander_after=3)
    assert not stream.balance() and [message["type"] for message in heard] == ["request", "subscribe", "subscribe"]


async def test_each_has_left_its_connection_when_all_are_ended(closed_port: int) -> None:
    """One that waits for its next try ends at once, and one that is connected says goodbye first."""
    arrived = asyncio.Event()

    async def handle(socket: ServerConnection) -> None:
        arrived.set()
        await socket.send('{"type": "welcome"}')
        await socket.wait_closed()

    async with serve(handle, "127.0.0.1", 0) as server, asyncio.timeout(20):
        ports = (closed_port, server.sockets[0].getsockname()[1])
        clients = [ChaosClient([f"ws://127.0.0.1:{port}/"], "token") for port in ports]
        running = [asyncio.create_task(client.run()) for client in clients]
        await arrived.wait()
        await end_all(running)
        assert all(task.done() for task in running)
