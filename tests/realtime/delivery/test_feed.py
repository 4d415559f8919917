import logging
import time
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import redis
from channels.layers import get_channel_layer
from django.db import OperationalError
from django.utils import timezone

from jobs.log import events, publishing
from jobs.log.events import Draft, EventType, append
from jobs.log.outcomes import Completed
from jobs.log.publishing import user_group
from jobs.queue.wakeups import connection
from jobs.requests import after_commit, cancellation, retrying
from jobs.requests.cancellation import request_cancel
from jobs.requests.retrying import retry
from realtime.delivery import feed as feed_module
from realtime.delivery import groups as groups_module
from realtime.shared import feed
from tests.jobs.building import change, claim, make_submission, run_next, store
from tests.realtime.conftest import OpenSocket
from tests.realtime.sockets import Message, Socket, aside, until

pytestmark = pytest.mark.django_db(transaction=True)
DONE = Completed(result={"rows": 1}, artifacts=[])


@pytest.fixture
def no_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Switch off the checks, so that messages arrive by a hint."""
    monkeypatch.setattr(feed_module, "FIRST_CHECK_SECONDS", 3600.0)


@pytest.fixture
def quick_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "FIRST_CHECK_SECONDS", 0.05)
    monkeypatch.setattr(feed_module, "CHECK_SECONDS", 0.1)


@pytest.fixture
def lost_hints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "publish", lambda *_: None)
    for module in (after_commit, cancellation, retrying):
        monkeypatch.setattr(module, "publish_changes", lambda changes: None)


def members(tenant: str = "acme", user: str = "alice") -> int:
    name = f"streamer__group__{user_group(tenant, user)}"
    return int(dict(connection().pubsub_numsub(name))[name.encode()])


async def subscribe(socket: Socket, **fields: Any) -> Message:
    """Subscribe, and return the answer once hints arrive too."""
    await socket.say(type="subscribe", topic="requests", **fields)
    answer = await socket.hear("subscribed")
    await until(members, "the group is joined")
    return answer


async def told(socket: Socket, request_id: UUID, status: str) -> dict[str, Any]:
    """Return the first state of the request with ``status``, skipping earlier ones."""
    while True:
        message = await socket.hear("message")
        assert message["topic"] == "requests" and message["cursor"]
        request: dict[str, Any] = message["request"]
        if (request["request_id"], request["status"]) == (str(request_id), status):
            return request


async def silent(socket: Socket) -> bool:
    """Return True if nothing comes in the time in which a change would be sent."""
    return await socket.is_silent(2 * feed_module.SPACING_SECONDS)


@pytest.mark.usefixtures("no_checks")
async def test_it_works(open_socket: OpenSocket) -> None:
    watching, working = await open_socket(), await open_socket()
    answer = await subscribe(watching, id="mine")
    assert (answer["id"], answer["topic"], answer["truncated"]) == ("mine", "requests", False)
    await working.say(action="zoo_second_time", id="job 1", metadata={"tab": 1})
    request_id = (await working.hear("acknowledgment"))["request_id"]
    state = await told(watching, request_id, "pending")
    assert (state["action"], state["id"], state["metadata"]) == ("zoo_second_time", "job 1", {"tab": 1})
    assert "payload" not in state and state["title"] == "Zoo second time"
    await aside(run_next)
    assert (await told(watching, request_id, "retrying"))["retry_at"]
    await aside(change, request_id, available_at=timezone.now())
    await aside(run_next)
    assert (await told(watching, request_id, "completed"))["result"] == {"attempt": 2}
    assert await silent(watching)


@pytest.mark.usefixtures("no_checks")
async def test_start_progress_and_a_wish_to_cancel_are_told(open_socket: OpenSocket) -> None:
    socket = await open_socket()
    await subscribe(socket)
    request_id = await aside(store, make_submission())
    claimed = await aside(claim)
    await told(socket, request_id, "processing")
    progress = [Draft(type=EventType.PROGRESS)]
    await aside(append, request_id, progress, where=claimed.fence, changes={"percentage": 40, "message": "Reading"})
    state = await told(socket, request_id, "processing")
    assert (state["percentage"], state["message"], state["cancel_requested"]) == (40, "Reading", False)
    await aside(request_cancel, request_id)
    assert (await told(socket, request_id, "processing"))["cancel_requested"] is True


@pytest.mark.usefixtures("no_checks")
async def test_many_changes_are_told_together(open_socket: OpenSocket) -> None:
    socket = await open_socket()
    await subscribe(socket)
    request_id = await aside(store, make_submission())

    def work() -> None:
        claimed = claim()
        for number in range(100):
            progress = [Draft(type=EventType.PROGRESS)]
            append(request_id, progress, where=claimed.fence, changes={"percentage": number})
        append(request_id, [DONE.draft()], where=claimed.fence, changes=DONE.changes())

    began = time.monotonic()
    await aside(work)
    states = []
    while not states or states[-1]["status"] != "completed":
        states.append((await socket.hear("message"))["request"])
    seconds = time.monotonic() - began
    assert len(states) <= 2 + seconds / feed_module.SPACING_SECONDS
    assert [state["seq"] for state in states] == sorted({state["seq"] for state in states})


@pytest.mark.usefixtures("no_checks")
async def test_a_request_that_is_submitted_again_by_an_operator_is_told(open_socket: OpenSocket) -> None:
    request_id = await aside(store, make_submission("echo_async", payload={"message": 1}))
    await aside(run_next)
    socket = await open_socket()
    await subscribe(socket)
    await told(socket, await aside(retry, request_id), "pending")


async def test_nobody_else_is_told(open_socket: OpenSocket) -> None:
    others = [await open_socket(user="bob"), await open_socket(tenant="other")]
    for socket in others:
        await socket.say(type="subscribe", topic="requests", tenant_id="acme", user_id="alice")
        await socket.hear("subscribed")
    owner = await open_socket()
    await subscribe(owner)
    request_id = await aside(store, make_submission("echo_async", payload={"message": 1}))
    await aside(run_next)
    await told(owner, request_id, "completed")
    for socket in others:
        assert await socket.is_silent(1.5)


# --- what is repaired ------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("quick_checks", "lost_hints")
async def test_lost_hints_are_repaired_by_the_check(open_socket: OpenSocket) -> None:
    socket = await open_socket()
    await subscribe(socket)
    request_id = await aside(store, make_submission("echo_async", payload={"message": 1}))
    await told(socket, request_id, "pending")
    await aside(run_next)
    await told(socket, request_id, "completed")
    assert await silent(socket)


@pytest.mark.usefixtures("quick_checks")
async def test_without_redis_it_is_told_all_the_same(open_socket: OpenSocket, monkeypatch: pytest.MonkeyPatch) -> None:
    class Away:
        is_away = True

        def groups_send_now(self, messages: object) -> None:
            raise redis.ConnectionError

        async def new_channel(self) -> str:
            raise redis.ConnectionError

    for module in (groups_module, publishing):
        monkeypatch.setattr(module, "get_channel_layer", Away)
    socket = await open_socket()
    await socket.say(type="subscribe", topic="requests")
    await socket.hear("subscribed")
    request_id = await aside(store, make_submission())
    await told(socket, request_id, "pending")


@pytest.mark.usefixtures("quick_checks")
async def test_a_database_that_is_away_for_a_while_loses_nothing(
    open_socket: OpenSocket, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    socket = await open_socket()
    await subscribe(socket)
    refused = list[int]()

    def away(*_: object) -> Any:
        refused.append(1)
        raise OperationalError("gone")

    with monkeypatch.context() as outage:
        outage.setattr(feed_module, "_rows", away)
        request_id = await aside(store, make_submission("echo_async", payload={"message": 1}))
        await aside(run_next)
        await until(lambda: refused, "a read is tried")
    await told(socket, request_id, "completed")
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


# --- to begin and to end ---------------------------------------------------------------------------------------------


async def test_what_was_before_is_not_told(open_socket: OpenSocket) -> None:
    await aside(store, make_submission())
    socket = await open_socket()
    await subscribe(socket)
    assert await socket.is_silent(2.0)


async def test_whoever_comes_back_is_told_what_has_changed_meanwhile(open_socket: OpenSocket) -> None:
    first = await open_socket()
    cursor = (await subscribe(first))["cursor"]
    await first.leave()
    request_id = await aside(store, make_submission("echo_async", payload={"message": 1}))
    await aside(run_next)
    socket = await open_socket()
    answer = await subscribe(socket, cursor=cursor)
    assert answer["truncated"] is False and answer["cursor"] > cursor
    assert (await told(socket, request_id, "completed"))["seq"] == 3
    assert await socket.is_silent(2.0)


async def test_if_too_much_has_changed_the_answer_says_so(
    open_socket: OpenSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "MAX_MISSED", 2)
    ids = [await aside(store, make_submission()) for _ in range(3)]
    socket = await open_socket()
    await socket.say(type="subscribe", topic="requests", cursor="2026-01-01T00:00:00+00:00")
    assert (await socket.hear("subscribed"))["truncated"] is True
    latest = [(await socket.hear("message"))["request"]["request_id"] for _ in range(2)]
    assert latest == [str(ids[1]), str(ids[2])]


@pytest.mark.usefixtures("no_checks")
async def test_who_unsubscribes_or_leaves_hears_no_more(open_socket: OpenSocket) -> None:
    socket, stays = await open_socket(), await open_socket()
    await subscribe(socket)
    await subscribe(stays)
    answer = await socket.ask(type="unsubscribe", topic="requests", id="un")
    assert (answer["type"], answer["id"], answer["topic"]) == ("unsubscribed", "un", "requests")
    request_id = await aside(store, make_submission("echo_async", payload={"message": 1}))
    await aside(run_next)
    await told(stays, request_id, "completed")
    assert await socket.is_silent()
    await stays.leave()
    assert feed()._followers == {}
    await until(lambda: members() == 0, "the group is left")


@pytest.mark.usefixtures("no_checks")
async def test_subscribed_twice_is_told_once(open_socket: OpenSocket) -> None:
    socket = await open_socket()
    await subscribe(socket)
    await subscribe(socket)
    request_id = await aside(store, make_submission("echo_async", payload={"message": 1}))
    await aside(run_next)
    await told(socket, request_id, "completed")
    assert await silent(socket)


async def test_what_is_remembered_of_the_past_is_bounded(
    open_socket: OpenSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "FIRST_CHECK_SECONDS", 0.05)
    monkeypatch.setattr(feed_module, "CHECK_SECONDS", 0.05)
    socket = await open_socket()
    await subscribe(socket)
    request_id = await aside(store, make_submission("echo_async", payload={"message": 1}))
    await aside(run_next)
    await told(socket, request_id, "completed")
    assert await silent(socket)
    # Not before: a hint that is taken up late must find that its change was told.
    monkeypatch.setattr(feed_module, "MARGIN", timedelta(seconds=0.05))
    (follower,) = feed()._followers["acme", "alice"]
    await until(lambda: follower.known == {}, "it is forgotten")
    assert await silent(socket)


@pytest.mark.usefixtures("no_checks")
async def test_a_hint_that_cannot_be_read_is_not_the_last_that_is_heard(open_socket: OpenSocket) -> None:
    socket = await open_socket()
    await subscribe(socket)
    await aside(get_channel_layer().group_send_now, user_group("acme", "alice"), {"request_ids": ["no id"]})
    request_id = await aside(store, make_submission("echo_async", payload={"message": 1}))
    await aside(run_next)
    await told(socket, request_id, "completed")
