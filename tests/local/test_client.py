"""The demo's client against a real socket whose other end says what the test wants it to say."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import websockets
from websockets.asyncio.server import ServerConnection, serve

from streamer_site.local import client as client_module
from streamer_site.local.client import Client, ConnectionEnded, Followed

Script = Callable[[dict[str, Any]], list[dict[str, Any]]]
PROGRESS = {"type": "progress", "request_id": "r", "percentage": 50.0, "message": "half", "metadata": {}, "attempt": 1}
STARTED = {"type": "started", "request_id": "r", "attempt": 1}
COMPLETE = {"type": "complete", "request_id": "r", "success": True, "result": {"fish": "trout"}, "final": True}


@asynccontextmanager
async def client_of(script: Script) -> AsyncIterator[Client]:
    """Connect a client. ``script`` returns the answers to a message; the acknowledgment comes by itself."""

    async def speak(socket: ServerConnection) -> None:
        await socket.send(json.dumps({"type": "welcome", "user_id": "alice"}))
        async for frame in socket:
            for answer in script(json.loads(frame)):
                await socket.send(json.dumps(answer))

    protocol = websockets.Subprotocol("streamer.v1")
    async with serve(speak, "127.0.0.1", 0, subprotocols=[protocol]) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        async with Client(f"ws://127.0.0.1:{port}/ws/", "a.b.c") as client:
            yield client


def queued(*events: dict[str, Any]) -> Script:
    def answer(message: dict[str, Any]) -> list[dict[str, Any]]:
        if message["type"] == "ping":
            return [{"type": "pong"}]
        return [{"type": "acknowledgment", "request_id": "r", "id": message["id"]}, *events]

    return answer


def numbered(*seqs: int) -> list[dict[str, Any]]:
    """Make a request's messages: the first starts it, the last completes it."""
    return [
        {**(STARTED if place == 0 else COMPLETE if place == len(seqs) - 1 else PROGRESS), "seq": seq}
        for place, seq in enumerate(seqs)
    ]


async def follow(script: Script, timeout_seconds: float = 10) -> Followed:
    async with client_of(script) as client:
        followed = await client.wait(await client.send("fish", {}), timeout_seconds)
        await client.ping()
        return followed


async def test_it_works() -> None:
    seen = []
    async with client_of(queued(*numbered(1, 2, 3))) as client:
        followed = await client.send("fish", {}, on_change=lambda one: seen.append((one.status, one.percentage)))
        await client.wait(followed)
    assert client.welcome["user_id"] == "alice"
    assert seen == [("queued", 0), ("running", 0), ("running", 50), ("completed", 100)]
    assert (followed.result, followed.seqs, followed.faults()) == ({"fish": "trout"}, [1, 2, 3], [])


async def test_an_answer_on_the_spot() -> None:
    def answer(message: dict[str, Any]) -> list[dict[str, Any]]:
        if message["type"] == "ping":
            return [{"type": "pong"}]
        return [{"type": "response", "request_id": "r", "id": message["id"], "success": True, "data": {"a": 1}}]

    followed = await follow(answer)
    assert (followed.was_queued, followed.result, followed.faults()) == (False, {"a": 1}, [])


@pytest.mark.parametrize("seqs", [(1, 3, 4), (1, 2, 2, 3), (1, 3, 2, 4), (2, 3, 4)], ids=str)
async def test_wrong_numbers_are_a_fault(seqs: tuple[int, ...]) -> None:
    followed = await follow(queued(*numbered(*seqs)))
    assert followed.faults() == [f"fish had the numbers {list(seqs)}"]


async def test_two_final_messages_are_a_fault() -> None:
    followed = await follow(queued(*numbered(1, 2), {**COMPLETE, "seq": 3}))
    assert followed.faults() == ["fish had 2 final messages"]


async def test_no_final_message_is_a_fault() -> None:
    followed = await follow(queued(*numbered(1, 2, 3)[:2]), timeout_seconds=0.2)
    assert followed.faults() == ["fish ended as running: no final message", "fish had 0 final messages"]


async def test_a_refused_request_says_why() -> None:
    def refuse(message: dict[str, Any]) -> list[dict[str, Any]]:
        if message["type"] == "ping":
            return [{"type": "pong"}]
        return [{"type": "error", "id": message["id"], "error": {"code": "INVALID_ACTION", "message": "no fish here"}}]

    followed = await follow(refuse)
    assert followed.faults() == ["fish ended as failed: no fish here"]


@pytest.mark.parametrize(("busy", "status", "sent"), [(2, "completed", 3), (3, "failed", 3)])
async def test_what_may_succeed_later_is_sent_again_twice(busy: int, status: str, sent: int) -> None:
    heard: list[dict[str, Any]] = []

    def answer(message: dict[str, Any]) -> list[dict[str, Any]]:
        if message["type"] == "ping":
            return [{"type": "pong"}]
        heard.append(message)
        if len(heard) <= busy:
            error = {"code": "TIMEOUT", "message": "too slow", "retryable": True}
            return [{"type": "error", "id": message["id"], "error": error}]
        return queued(*numbered(1, 2))(message)

    followed = await follow(answer)
    assert (followed.status, len(heard)) == (status, sent)


# --- a connection that is lost ---------------------------------------------------------------------------------------


def falls_over_after(count: int, script: Script) -> tuple[Script, list[dict[str, Any]]]:
    """Answer ``count`` messages, then fall over once. All received messages are in the list."""
    heard: list[dict[str, Any]] = []

    def answer(message: dict[str, Any]) -> list[dict[str, Any]]:
        heard.append(message)
        if len(heard) == count + 1:
            raise ConnectionError("the server falls over")
        return script(message)

    return answer, heard


async def test_what_was_not_answered_is_said_again() -> None:
    script, heard = falls_over_after(0, queued(*numbered(1, 2, 3)))
    async with client_of(script) as client:
        followed = await client.wait(await client.send("fish", {}))
        await client.ping()
    assert (followed.faults(), client.returns) == ([], 1)
    assert heard[0] == heard[1] and heard[0]["action"] == "fish"


async def test_what_was_acknowledged_goes_on_after_its_last_number() -> None:
    first, second, last = numbered(1, 2, 3)

    def answer(message: dict[str, Any]) -> list[dict[str, Any]]:
        if message["type"] == "subscribe":
            return [last]
        return queued(first, second)(message)

    script, heard = falls_over_after(1, answer)
    async with client_of(script) as client:
        followed = await client.send("fish", {})
        await client.ping()  # the server falls over, and the ping is said again
        await client.wait(followed)
    assert (followed.faults(), followed.seqs) == ([], [1, 2, 3])
    assert heard[2] == {"type": "subscribe", "requests": [{"request_id": "r", "after_seq": 2}]}


async def test_a_server_that_wants_us_no_more_is_left() -> None:
    goodbye = {"type": "goodbye", "code": 4501, "reason": "revoked", "reconnect": False, "after_ms": 0}
    answered: list[int] = []

    def refuse(message: dict[str, Any]) -> list[dict[str, Any]]:
        if answered:
            raise ConnectionError("closed after the goodbye")
        answered.append(1)
        return [goodbye]

    with pytest.raises(ConnectionEnded, match="revoked"):
        async with client_of(refuse) as client:
            followed = await client.send("fish", {})
            await client.send("fish", {})
            await client.wait(followed)


async def test_a_server_that_stays_away_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "COME_BACK_SECONDS", 0.0)
    async with client_of(queued()) as client:
        client._url = "ws://127.0.0.1:1/ws/"
        followed = await client.send("fish", {})
        await client._socket.close()
        with pytest.raises(ConnectionEnded, match="not there any more"):
            await client.wait(followed)
