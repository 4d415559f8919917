"""Followers of a request get all of it, once, in order, from any server and after any loss. Nobody else does."""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.client import connect
from tests.acceptance.streams import Message, assert_is_whole
from tests.live import LiveStack

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
RECONNECTS = 50


async def test_two_sockets_on_two_servers_get_the_same(live_stack: LiveStack, alice: str, end: Path) -> None:
    async with connect(live_stack, alice) as one, connect(live_stack, alice, server=1) as other:
        request_id = await one.submit("zoo_until", {"path": str(end)})
        subscribed = await other.follow(request_id)
        assert (subscribed["type"], subscribed["request_id"]) == ("subscribed", request_id)
        assert subscribed["status"] in ("pending", "processing")
        await other.until(lambda: len(other.stream(request_id)) > 5, "some messages")
        end.touch()
        first = await one.whole_stream(request_id)
        second = await other.whole_stream(request_id)
    assert first == second
    assert len(first) > 5


async def test_what_was_missed_comes_from_the_log_of_another_server(live_stack: LiveStack, alice: str) -> None:
    async with connect(live_stack, alice) as client:
        request_id = await client.submit("zoo_slow", {"seconds": 1.5, "steps": 30})
        whole = await client.whole_stream(request_id)
    last = len(whole)
    for after_seq in (0, 1, last // 2, last - 1):
        async with connect(live_stack, alice, server=1) as client:
            await client.follow(request_id, after_seq)
            assert await client.whole_stream(request_id, after_seq=after_seq) == whole[after_seq:]
    async with connect(live_stack, alice, server=1) as client:
        subscribed = await client.follow(request_id, last)
        assert (subscribed["status"], subscribed["last_seq"]) == ("completed", last)
        ahead = await client.follow(request_id, last + 1)
        assert ahead["error"]["code"] == "VALIDATION_ERROR"
        await client.ping()
        assert client.stream(request_id) == []


async def test_who_waits_is_told_how_the_queue_gets_shorter(live_stack: LiveStack, alice: str) -> None:
    async with connect(live_stack, alice) as client, connect(live_stack, alice, server=1) as other:
        ids = [await client.submit("zoo_slow", {"seconds": 1.5, "steps": 3}) for _ in range(9)]
        await other.follow(ids[-1])
        await client.whole_stream(ids[-1])
        await other.whole_stream(ids[-1])
        for socket in (client, other):
            about = [one for one in socket.messages if one.get("request_id") == ids[-1]]
            places = [one["ahead"] for one in about if one["type"] == "waiting"]
            assert len(places) > 1 and places == sorted(places, reverse=True), places
            kinds = [one["type"] for one in about]
            assert "waiting" not in kinds[kinds.index("started") :]


async def test_fifty_lost_connections_lose_nothing(live_stack: LiveStack, alice: str, tmp_path: Path) -> None:
    stream: list[Message] = []
    async with connect(live_stack, alice) as client:
        request_id = await client.submit("zoo_until", {"path": str(tmp_path / "end")})
    try:
        for number in range(RECONNECTS):
            async with connect(live_stack, alice, server=number % 2) as client:
                await client.follow(request_id, after_seq=len(stream))
                await client.until(lambda: client.stream(request_id), "one more message")
                client.drop()
                await client.closed()
                stream += client.stream(request_id)
    finally:
        (tmp_path / "end").touch()  # or it would keep a worker from the tests that follow
    async with connect(live_stack, alice) as client:
        await client.follow(request_id, after_seq=len(stream))
        stream += await client.whole_stream(request_id, after_seq=len(stream))
    assert_is_whole(stream)
    assert stream[-1]["type"] == "complete"


async def test_several_are_followed_with_one_message(live_stack: LiveStack, alice: str) -> None:
    async with connect(live_stack, alice) as client:
        ids = [await client.submit("zoo_count", {"updates": 20}) for _ in range(3)]
        streams = [await client.whole_stream(request_id) for request_id in ids]
    unknown = str(uuid.uuid4())
    async with connect(live_stack, alice, server=1) as client:
        cursors = [{"request_id": request_id, "after_seq": 1} for request_id in ids]
        answer = await client.ask("subscribe", requests=[*cursors, {"request_id": unknown}])
        assert [item.get("status") for item in answer["requests"]] == ["completed"] * 3 + [None]
        assert answer["requests"][-1]["error"]["code"] == "NOT_FOUND"
        for request_id, stream in zip(ids, streams, strict=True):
            assert await client.whole_stream(request_id, after_seq=1) == stream[1:]


@pytest.mark.parametrize("tenant", ["acme", "other"])
async def test_somebody_elses_is_as_if_it_did_not_exist(
    live_stack: LiveStack, alice: str, cast: Callable[[str], str], tenant: str
) -> None:
    stranger = cast("stranger")
    unknown = str(uuid.uuid4())
    async with connect(live_stack, alice) as owner, connect(live_stack, stranger, tenant=tenant) as other:
        request_id = await owner.submit("zoo_slow", {"seconds": 1})
        for kind in ("subscribe", "status", "cancel"):
            foreign = await other.ask(kind, request_id=request_id)
            assert foreign["error"]["code"] == "NOT_FOUND"
            assert _without_ids(foreign) == _without_ids(await other.ask(kind, request_id=unknown))
        stream = await owner.whole_stream(request_id)
        await other.ping()
        assert other.stream(request_id) == []
        assert (await other.ask("list"))["requests"] == []
    assert stream[-1]["type"] == "complete"
    headers = {"Authorization": f"Bearer {live_stack.token(stranger, tenant)}"}
    async with httpx.AsyncClient(base_url=live_stack.http_url, headers=headers, trust_env=False) as http:
        for path in ("", "events/"):
            foreign_answer = await http.get(f"/api/requests/{request_id}/{path}")
            unknown_answer = await http.get(f"/api/requests/{unknown}/{path}")
            assert foreign_answer.status_code == unknown_answer.status_code == 404
            assert foreign_answer.content == unknown_answer.content


async def test_nothing_in_a_message_makes_somebody_else_of_its_sender(live_stack: LiveStack, alice: str) -> None:
    claims: dict[str, Any] = {"user_id": "charlie", "tenant_id": "other", "sub": "charlie"}
    async with connect(live_stack, alice) as client, connect(live_stack, "charlie", tenant="other") as charlie:
        request_id = await client.submit("zoo_count", {}, metadata=claims, **claims)
        await client.whole_stream(request_id)
        assert (await client.ask("status", request_id=request_id))["status"] == "completed"
        assert (await charlie.ask("status", request_id=request_id))["error"]["code"] == "NOT_FOUND"


def _without_ids(message: Message) -> dict[str, Any]:
    return {name: value for name, value in message.items() if name not in ("id", "request_id", "timestamp")}
