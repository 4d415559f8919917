import asyncio
from uuid import uuid4

import pytest

from realtime.delivery.groups import Groups
from realtime.delivery.request_log import RequestLog
from realtime.shared import delivery
from realtime.socket import subscriptions
from tests.jobs.building import make_submission, row_of, run_next, store
from tests.realtime.conftest import OpenSocket
from tests.realtime.sockets import aside, submit, until

pytestmark = pytest.mark.django_db(transaction=True)


async def test_it_works(open_socket: OpenSocket) -> None:
    request_id = (await submit(await open_socket()))["request_id"]
    await aside(run_next)
    other = await open_socket()
    answer = await other.ask(type="subscribe", request_id=request_id, after_seq=1, id="sub")
    assert (answer["type"], answer["id"], answer["request_id"]) == ("subscribed", "sub", request_id)
    assert (answer["status"], answer["last_seq"]) == ("completed", 3)
    assert [message["seq"] for message in await other.hear_until("complete")] == [2, 3]


async def test_one_who_has_it_all_is_sent_nothing(open_socket: OpenSocket) -> None:
    request_id = (await submit(await open_socket()))["request_id"]
    await aside(run_next)
    other = await open_socket()
    assert (await other.ask(type="subscribe", request_id=request_id, after_seq=3))["type"] == "subscribed"
    assert await other.is_silent()


async def test_a_number_beyond_the_last_is_a_mistake(open_socket: OpenSocket) -> None:
    socket = await open_socket()
    request_id = (await submit(socket))["request_id"]
    answer = await socket.ask(type="subscribe", request_id=request_id, after_seq=1, id="sub")
    assert (answer["id"], answer["error"]["code"]) == ("sub", "VALIDATION_ERROR")
    assert answer["request_id"] == request_id


async def test_several_are_followed_with_one_message(open_socket: OpenSocket) -> None:
    socket, other = await open_socket(), await open_socket(user="bob")
    mine = [(await submit(socket))["request_id"] for _ in range(2)]
    theirs = (await submit(other))["request_id"]
    later = await open_socket()
    cursors = [{"request_id": item} for item in (*mine, theirs, str(uuid4()))]
    answer = await later.ask(type="subscribe", requests=cursors)
    assert [item.get("status") for item in answer["requests"]] == ["pending", "pending", None, None]
    assert [item["error"]["code"] for item in answer["requests"][2:]] == ["NOT_FOUND"] * 2
    await aside(run_next)
    assert {message["request_id"] for message in await later.hear_until("complete")} <= set(mine)


async def test_who_unsubscribes_hears_no_more(open_socket: OpenSocket) -> None:
    socket = await open_socket()
    request_id = (await submit(socket))["request_id"]
    answer = await socket.ask(type="unsubscribe", request_id=request_id, id="un")
    assert (answer["type"], answer["id"], answer["request_id"]) == ("unsubscribed", "un", request_id)
    await aside(run_next)
    assert await socket.is_silent(0.3)


@pytest.mark.parametrize("second", ["request", "subscribe"])
async def test_one_that_two_messages_begin_to_follow_at_once_is_heard_once(
    second: str, open_socket: OpenSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nobody follows it here, so that both have to wait until its group is joined.
    request_id = await aside(store, make_submission("echo_async", client_id="mine"))
    may_join = asyncio.Event()
    join = Groups.wait_until_joined

    async def wait_until_joined(groups: Groups, group: str) -> None:
        if group == RequestLog(request_id, None).group:
            await may_join.wait()
        await join(groups, group)

    monkeypatch.setattr(Groups, "wait_until_joined", wait_until_joined)
    socket = await open_socket()
    ways = {"request": {"action": "echo_async", "id": "mine"}, "subscribe": {"request_id": str(request_id)}}
    await socket.say(type="request", action="echo_async", id="mine")
    await socket.say(type=second, **ways[second])
    answers = {message["type"] for message in (await socket.hear(), await socket.hear())}
    assert answers <= {"acknowledgment", "subscribed"}
    followers = delivery()._follows
    await until(lambda: len(followers.get(request_id, ())) == 2, "both messages begin to follow")
    may_join.set()
    await until(lambda: len(followers[request_id]) == 1, "one of them follows")
    await aside(run_next)
    assert [message["seq"] for message in await socket.hear_until("complete")] == [1, 2, 3]
    assert await socket.is_silent()


async def test_no_more_are_followed_than_a_connection_may(
    open_socket: OpenSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriptions, "MAX_SUBSCRIPTIONS", 1)
    socket = await open_socket()
    await submit(socket)
    other = await aside(store, make_submission())
    answer = await socket.ask(type="subscribe", request_id=str(other))
    assert answer["error"]["code"] == "RATE_LIMITED"


# --- questions -------------------------------------------------------------------------------------------------------


async def test_the_state_of_a_request_can_be_asked_for(open_socket: OpenSocket) -> None:
    socket = await open_socket()
    request_id = (await submit(socket, id="mine"))["request_id"]
    answer = await socket.ask(type="status", request_id=request_id, id="question")
    assert (answer["type"], answer["id"], answer["reason"]) == ("snapshot", "question", "status")
    assert (answer["request_id"], answer["status"], answer["seq"]) == (request_id, "pending", 0)
    assert answer["waiting"] == {"reason": "no_worker", "ahead": 0}
    (listed,) = (await socket.ask(type="list"))["requests"]
    assert "waiting" not in listed


async def test_cancelling_what_waits_ends_it_at_once(open_socket: OpenSocket) -> None:
    socket = await open_socket()
    request_id = (await submit(socket))["request_id"]
    await socket.say(type="cancel", request_id=request_id, id="stop")
    answers_ = {message["type"]: message for message in (await socket.hear(), await socket.hear())}
    assert answers_["cancelled"]["mode"] == "before_start" and answers_["cancelled"]["final"] is True
    assert (answers_["snapshot"]["id"], answers_["snapshot"]["reason"]) == ("stop", "cancel")
    again = await socket.ask(type="cancel", request_id=request_id)
    assert again["error"]["code"] == "VALIDATION_ERROR" and again["error"]["details"] == {"status": "cancelled"}


async def test_ones_requests_can_be_listed_page_by_page(open_socket: OpenSocket) -> None:
    socket = await open_socket()
    ids = [(await submit(socket))["request_id"] for _ in range(3)]
    await submit(await open_socket(user="bob"))
    first = await socket.ask(type="list", limit=2, id="page")
    assert (first["type"], first["id"]) == ("requests", "page")
    second = await socket.ask(type="list", limit=2, cursor=first["next_cursor"])
    assert [item["request_id"] for item in (*first["requests"], *second["requests"])] == ids[::-1]
    assert second["next_cursor"] is None
    assert (await socket.ask(type="list", status="completed"))["requests"] == []


@pytest.mark.parametrize("kind", ["subscribe", "status", "cancel"])
@pytest.mark.parametrize("who", [{"user": "bob"}, {"user": "alice", "tenant": "other"}])
async def test_what_is_foreign_answers_exactly_as_what_does_not_exist(
    kind: str, who: dict[str, str], open_socket: OpenSocket
) -> None:
    theirs = (await submit(await open_socket()))["request_id"]
    socket = await open_socket(**who)
    foreign = await socket.ask(type=kind, request_id=theirs, id="q")
    missing = await socket.ask(type=kind, request_id=str(uuid4()), id="q")
    assert foreign["error"]["code"] == "NOT_FOUND"
    for answer in (foreign, missing):
        del answer["timestamp"], answer["request_id"]
    assert foreign == missing
    assert (await aside(row_of, theirs)).status == "pending"
