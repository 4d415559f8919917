import asyncio
import gc
import threading
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError
from pytest_django import Settings

from jobs.contract.registry import all_handlers
from jobs.models import AsyncRequest
from jobs.requests import writer as writer_module
from jobs.requests.submission import submit_many
from jobs.requests.writer import SubmissionWriter
from realtime.auth import Identity
from realtime.connections.open_connection import OpenConnection
from realtime.shared import submission_writer
from realtime.socket import conversation, submitting
from realtime.socket.asking import questions
from realtime.wire.messages import CLIENT_MESSAGES, Requests
from tests.jobs.building import Threads, row_of, run_next
from tests.realtime.conftest import OpenSocket
from tests.realtime.sockets import aside, submit, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def own_writer(monkeypatch: pytest.MonkeyPatch) -> SubmissionWriter:
    """Use a writer of this test's own, so that its failures break no other test."""
    own = SubmissionWriter()
    monkeypatch.setattr(submitting, "submission_writer", lambda: own)
    return own


async def test_it_works(open_socket: OpenSocket) -> None:
    socket = await open_socket()
    acknowledgment = await submit(socket, payload={"message": "hi"}, id="mine", metadata={"tab": 1})
    assert (acknowledgment["id"], acknowledgment["status"], acknowledgment["duplicate"]) == ("mine", "queued", False)
    assert acknowledgment["position"] == 1 and acknowledgment["estimated_seconds"] == 6
    await aside(run_next)
    messages = await socket.hear_until("complete")
    assert [message["type"] for message in messages] == ["started", "progress", "complete"]
    assert [message["seq"] for message in messages] == [1, 2, 3]
    assert {(item["id"], item["request_id"]) for item in messages} == {("mine", acknowledgment["request_id"])}
    assert messages[-1]["final"] is True and messages[-1]["result"] == {"message": "hi"}


async def test_fields_that_an_action_does_not_know_are_told_and_left_out(open_socket: OpenSocket) -> None:
    socket = await open_socket()
    sent = {"seconds": 60, "setps": 2}
    warning = {"path": "setps", "message": "this action has no such field; did you mean 'steps'? (ignored)"}
    acknowledgment = await submit(socket, "delay", payload=sent, id="mine")
    assert acknowledgment["warnings"] == [warning]
    response = await socket.ask(action="zoo_locked", payload={"colour": "red"})
    assert response["data"] == {"inside": True}
    assert response["metadata"]["warnings"] == [
        {"path": "colour", "message": "this action has no such field (ignored)"}
    ]
    again = await submit(socket, "delay", payload=sent, id="mine")
    assert again["duplicate"] is True and again["warnings"] == [warning]
    other = await socket.ask(action="delay", payload={"seconds": 60}, id="mine")
    assert other["error"]["code"] == "DUPLICATE_REQUEST" and other["error"]["details"]["fields"] == ["payload.setps"]
    assert "warnings" not in await submit(socket, "delay", payload={"seconds": 60}, id="another")


async def test_the_whole_installation_may_be_strict(open_socket: OpenSocket, settings: Settings) -> None:
    settings.STREAMER_STRICT_PAYLOADS = True
    error = (await (await open_socket()).ask(action="delay", payload={"seconds": 0, "colour": 1}))["error"]
    assert error["code"] == "VALIDATION_ERROR" and error["details"]["faults"][0]["path"] == "colour"


async def test_a_request_is_stored_for_the_user_of_the_token_whatever_it_says(open_socket: OpenSocket) -> None:
    socket = await open_socket(user="charlie", tenant="other")
    fields = {"user_id": "alice", "tenant_id": "acme", "sub": "alice"}
    acknowledgment = await submit(socket, **fields, metadata=fields, payload={"message": fields})
    row = await aside(row_of, acknowledgment["request_id"])
    assert (row.user_id, row.tenant_id) == ("charlie", "other")


async def test_an_action_on_the_spot_is_not_stored(open_socket: OpenSocket) -> None:
    socket = await open_socket()
    assert (await socket.ask(action="echo", id="mine"))["type"] == "response"
    assert await aside(AsyncRequest.objects.count) == 0


async def test_a_kept_answer_is_given_again_unless_it_is_wanted_anew(
    open_socket: OpenSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(all_handlers()["echo"]), "cache_seconds", 60.0)
    socket = await open_socket()
    asked = [await socket.ask(action="echo", payload={"message": "kept"}, cache=cache) for cache in (True, True, False)]
    assert [answer["metadata"].get("cached") for answer in asked] == [None, True, None]
    assert [answer["data"] for answer in asked] == [{"message": "kept"}] * 3


@pytest.mark.parametrize(
    ("action", "code"),
    [("zoo_inline_crash", "INTERNAL_ERROR"), ("zoo_slow_inline", "TIMEOUT")],
)
async def test_an_action_on_the_spot_that_fails_is_answered(
    action: str, code: str, open_socket: OpenSocket, settings: Settings
) -> None:
    settings.STREAMER_INLINE_THRESHOLD_SECONDS = 0.2 if code == "TIMEOUT" else 5.0
    answer = await (await open_socket()).ask(action=action, id="mine")
    assert (answer["type"], answer["id"], answer["error"]["code"]) == ("error", "mine", code)
    assert "secret" not in str(answer) and "final" not in answer


async def test_a_slow_one_holds_back_nothing_else(
    open_socket: OpenSocket, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.STREAMER_INLINE_THRESHOLD_SECONDS = 20.0
    may_end = threading.Event()

    def wait(*_: object) -> Any:
        assert may_end.wait(10)
        return {}

    monkeypatch.setattr(type(all_handlers()["zoo_slow_inline"]), "run", wait)
    socket = await open_socket()
    await socket.say(action="zoo_slow_inline", id="slow")
    await socket.say(action="echo", id="quick")
    await socket.say(type="ping", id="ping")
    heard = {(await socket.hear())["id"], (await socket.hear())["id"]}
    assert heard == {"quick", "ping"}
    may_end.set()
    assert (await socket.hear("response"))["id"] == "slow"


async def test_too_many_at_once_are_refused(
    open_socket: OpenSocket, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "MAX_CONCURRENT", 2)
    settings.STREAMER_INLINE_THRESHOLD_SECONDS = 0.3
    socket = await open_socket()
    for number in range(3):
        await socket.say(action="zoo_slow_inline", id=str(number))
    first = await socket.hear("error")
    assert (first["id"], first["error"]["code"]) == ("2", "RATE_LIMITED") and first["error"]["retry_after"] > 0
    assert {(await socket.hear("error"))["error"]["code"] for _ in range(2)} == {"TIMEOUT"}


# --- the same request again ------------------------------------------------------------------------------------------


async def test_the_same_id_is_attached_and_gets_its_messages_from_the_first_on(open_socket: OpenSocket) -> None:
    first = await submit(await open_socket(), payload={"message": "hi"}, id="mine")
    await aside(run_next)
    other = await open_socket()
    second = await submit(other, payload={"message": "hi"}, id="mine")
    assert second["duplicate"] and second["request_id"] == first["request_id"]
    assert [message["seq"] for message in await other.hear_until("complete")] == [1, 2, 3]
    assert await aside(AsyncRequest.objects.count) == 1


async def test_sent_again_on_the_same_socket_nothing_is_told_twice(open_socket: OpenSocket) -> None:
    socket = await open_socket()
    await submit(socket, id="mine")
    assert (await submit(socket, id="mine"))["duplicate"]
    await aside(run_next)
    assert [message["seq"] for message in await socket.hear_until("complete")] == [1, 2, 3]
    assert await socket.is_silent()


async def test_the_same_id_with_something_else_is_refused(open_socket: OpenSocket) -> None:
    socket = await open_socket()
    await submit(socket, payload={"message": "one"}, id="mine")
    answer = await socket.ask(action="echo_async", payload={"message": "two"}, id="mine")
    assert answer["id"] == "mine" and answer["error"]["code"] == "DUPLICATE_REQUEST"
    assert answer["error"]["details"]["fields"] == ["payload.message"]


async def test_an_id_of_somebody_else_is_free(open_socket: OpenSocket) -> None:
    mine = await submit(await open_socket(), id="one")
    theirs = await submit(await open_socket(user="bob"), payload={"message": "other"}, id="one")
    assert not theirs["duplicate"] and theirs["request_id"] != mine["request_id"]


async def test_too_many_waiting_are_refused(open_socket: OpenSocket, settings: Settings) -> None:
    settings.STREAMER_MAX_WAITING_PER_USER = 1
    socket = await open_socket()
    await submit(socket)
    answer = await socket.ask(action="echo_async", id="two")
    assert (answer["id"], answer["error"]["code"]) == ("two", "RATE_LIMITED")


@pytest.mark.usefixtures("midday")
async def test_above_a_quota_of_the_day_nothing_is_stored_until_midnight(
    open_socket: OpenSocket, settings: Settings
) -> None:
    settings.STREAMER_DAILY_REQUESTS = 1
    socket = await open_socket()
    await submit(socket)
    answer = await socket.ask(action="echo_async", id="two")
    assert (answer["id"], answer["error"]["code"]) == ("two", "RATE_LIMITED")
    assert answer["error"]["details"]["quota"] == "requests" and 0 < answer["error"]["retry_after"] <= 24 * 3600


async def test_a_bad_limit_key_is_a_fault_of_the_handler(open_socket: OpenSocket) -> None:
    socket = await open_socket()
    answer = await socket.ask(action="zoo_bad_key", id="one")
    assert (answer["id"], answer["error"]["code"]) == ("one", "INTERNAL_ERROR")
    assert answer["error"]["details"]["correlation_id"]


# --- when something is away ------------------------------------------------------------------------------------------


async def test_a_database_that_is_away_is_an_answer(
    open_socket: OpenSocket, own_writer: SubmissionWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise OperationalError("password of the inside")

    socket = await open_socket()
    with monkeypatch.context() as broken:
        broken.setattr(writer_module, "submit_many", away)
        broken.setattr(questions, "find", away)
        submitted = await socket.ask(action="echo_async", id="one")
        asked = await socket.ask(type="status", request_id=str(uuid4()), id="two")
    for answer, message_id in ((submitted, "one"), (asked, "two")):
        assert (answer["id"], answer["error"]["code"]) == (message_id, "SERVICE_UNAVAILABLE")
        assert answer["error"]["retry_after"] > 0 and "password" not in str(answer)
    assert not (await submit(socket, id="one"))["duplicate"]


async def test_one_who_leaves_before_the_commit_holds_up_nobody(
    open_socket: OpenSocket, own_writer: SubmissionWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrived, let_in = threading.Event(), threading.Event()

    def held(submissions: Any) -> Any:
        arrived.set()
        assert let_in.wait(10)
        return submit_many(submissions)

    monkeypatch.setattr(writer_module, "submit_many", held)
    gone, stays = await open_socket(), await open_socket(user="bob")
    await gone.say(action="echo_async")
    await asyncio.to_thread(arrived.wait, 10)
    await gone.leave()
    let_in.set()
    assert (await submit(stays))["status"] == "queued"


async def test_one_who_leaves_at_once_leaves_nothing_behind(
    open_socket: OpenSocket, recwarn: pytest.WarningsRecorder
) -> None:
    socket = await open_socket()
    for number in range(20):
        await socket.say(action="echo", id=str(number))
        await socket.say(type="status", request_id=str(uuid4()))
    await socket.leave()
    await until(lambda: not [task for task in asyncio.all_tasks() if "_guard" in repr(task)], "its tasks end")
    gc.collect()  # a coroutine that was never awaited is noticed when it is collected
    assert [str(item.message) for item in recwarn] == []


async def test_many_sockets_submit_the_same_id_at_once(open_socket: OpenSocket) -> None:
    sockets = [await open_socket() for _ in range(4)]
    for socket in sockets:
        await socket.say(action="echo_async", id="mine")
    acknowledgments = [await socket.hear("acknowledgment") for socket in sockets]
    assert len({item["request_id"] for item in acknowledgments}) == 1
    assert [item["duplicate"] for item in acknowledgments].count(False) == 1


def test_the_process_has_one_writer() -> None:
    threads = Threads(*[submission_writer] * 4)
    with threads:
        pass
    assert len(set(map(id, threads.answers))) == 1


async def test_every_message_of_a_client_has_an_answer() -> None:
    identity = Identity(user_id="alice", tenant_id="acme", permissions=frozenset(), expires_at=2e9)
    opened = OpenConnection(identity=identity, address="", user_agent="", close=lambda code: None)
    answered = conversation.Conversation(opened, lambda text: None)._answers.keys()
    assert answered == set(CLIENT_MESSAGES.values()) - {Requests}  # the consumer takes a batch apart
