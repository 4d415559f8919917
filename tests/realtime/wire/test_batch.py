"""A batch of requests on a socket: each item is treated as if it had come alone, and has an answer of its own."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from django.db import OperationalError
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from jobs.models import AsyncRequest
from jobs.requests import writer as writer_module
from jobs.requests.submission import Submission, submit_many
from jobs.requests.writer import SubmissionWriter
from realtime.socket import conversation, submitting
from realtime.wire.batch import take_apart
from realtime.wire.close_codes import CloseCode
from realtime.wire.messages import Requests
from realtime.wire.protocol import BadMessage, parse
from tests.jobs.building import row_of, run_next
from tests.realtime.conftest import OpenSocket
from tests.realtime.sockets import Message, Socket, aside, submit

database = pytest.mark.django_db(transaction=True)


def queued(number: int, **fields: Any) -> Message:
    return {"action": "echo_async", "id": str(number), "payload": {"message": number}, **fields}


async def hear_answers(socket: Socket, number: int) -> list[Message]:
    """Return ``number`` answers, by their place in the batch. Each place must be answered once."""
    heard = sorted([await socket.hear() for _ in range(number)], key=lambda message: message["index"])
    assert [message["index"] for message in heard] == list(range(number))
    return heard


@pytest.fixture
def transactions(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Record the number of submissions in each transaction. The writer is this test's own."""
    sizes: list[int] = []

    def store(submissions: Sequence[Submission]) -> Any:
        sizes.append(len(submissions))
        return submit_many(submissions)

    own = SubmissionWriter()
    monkeypatch.setattr(writer_module, "submit_many", store)
    monkeypatch.setattr(submitting, "submission_writer", lambda: own)
    return sizes


@database
async def test_it_works(open_socket: OpenSocket, transactions: list[int]) -> None:
    socket = await open_socket()
    batch = [queued(0, metadata={"tab": 1}, priority=5), {"type": "request", **queued(1)}, queued(2, expires_in=60)]
    await socket.say(type="requests", requests=batch)
    heard = await hear_answers(socket, 3)
    assert [(item["type"], item["id"], item["position"]) for item in heard] == [
        ("acknowledgment", str(number), number + 1) for number in range(3)
    ]
    assert transactions == [3]
    first, _, third = [await aside(row_of, item["request_id"]) for item in heard]
    assert (first.client_id, first.metadata, first.priority, first.payload) == ("0", {"tab": 1}, 5, {"message": 0})
    assert third.expires_at is not None and (first.user_id, first.tenant_id) == ("alice", "acme")
    for _ in range(3):
        await aside(run_next)
    finals = [(await socket.hear_until("complete"))[-1] for _ in range(3)]
    assert {item["id"]: item["result"] for item in finals} == {str(n): {"message": n} for n in range(3)}


@database
async def test_what_is_wrong_with_one_is_no_fault_of_the_others(open_socket: OpenSocket) -> None:
    socket = await open_socket(permissions=())
    deep: Any = []
    for _ in range(61):
        deep = [deep]
    batch = [
        queued(0),
        {"action": "no_such", "id": "1"},
        {"action": "delay", "id": "2", "payload": {"seconds": -1}},
        {"action": "zoo_locked", "id": "3"},
        {"action": "echo", "id": "4", "payload": {"message": "here"}},
        {"id": "5"},
        "no object",
        None,
        {"type": "ping", "id": "8"},
        queued(9, payload={"message": "a\x00b"}),
        queued(10, payload={"message": [deep]}),
        queued(11, payload={"message": deep}),
        queued(12, priority="high"),
        {"action": "zoo_inline_crash", "request_id": "13"},
        queued(14, index=3),
    ]
    await socket.say(type="requests", id="batch", requests=batch)
    heard = await hear_answers(socket, len(batch))
    kinds = [item["error"]["code"] if item["type"] == "error" else item["type"] for item in heard]
    assert kinds == [
        "acknowledgment",
        "INVALID_ACTION",
        "VALIDATION_ERROR",
        "FORBIDDEN",
        "response",
        "VALIDATION_ERROR",
        "INVALID_MESSAGE",
        "INVALID_MESSAGE",
        "INVALID_MESSAGE",
        "INVALID_MESSAGE",
        "INVALID_MESSAGE",
        "acknowledgment",
        "VALIDATION_ERROR",
        "INTERNAL_ERROR",
        "acknowledgment",
    ]
    assert [item.get("id") for item in heard] == [None if n in (6, 7) else str(n) for n in range(len(batch))]
    assert await aside(AsyncRequest.objects.count) == 3


@database
@pytest.mark.parametrize("requests", [None, [], {}, "x", 7, [{"action": "echo"}] * 4])
async def test_what_is_no_batch_is_one_invalid_message(
    requests: Any, open_socket: OpenSocket, settings: Settings
) -> None:
    settings.STREAMER_MAX_BATCH_REQUESTS = 3
    socket = await open_socket()
    answer = await socket.ask(type="requests", id="batch", requests=requests)
    assert (answer["type"], answer["id"], answer["error"]["code"]) == ("error", "batch", "INVALID_MESSAGE")
    assert "1 to 3" in answer["error"]["message"] and "index" not in answer
    assert (await socket.ask(type="requests"))["error"]["code"] == "INVALID_MESSAGE"
    assert (await socket.ask(type="ping"))["type"] == "pong"


@database
async def test_the_same_id_in_one_batch_is_one_request(open_socket: OpenSocket) -> None:
    socket = await open_socket()
    batch = [queued(1), queued(1), queued(1, payload={"message": "another"})]
    await socket.say(type="requests", requests=batch)
    first, again, other = await hear_answers(socket, 3)
    assert (first["duplicate"], again["duplicate"]) == (False, True) and first["request_id"] == again["request_id"]
    assert other["error"]["code"] == "DUPLICATE_REQUEST" and other["error"]["details"]["fields"] == ["payload.message"]
    await aside(run_next)
    assert [message["seq"] for message in await socket.hear_until("complete")] == [1, 2, 3]
    assert await socket.is_silent()


@database
async def test_the_same_batch_on_another_socket_is_attached(open_socket: OpenSocket) -> None:
    one, other = await open_socket(), await open_socket()
    batch = [queued(number) for number in range(3)]
    await one.say(type="requests", requests=batch)
    first = await hear_answers(one, 3)
    await other.say(type="requests", requests=[*batch, queued(3)])
    second = await hear_answers(other, 4)
    assert [item["request_id"] for item in first] == [item["request_id"] for item in second[:3]]
    assert [item["duplicate"] for item in second] == [True, True, True, False]
    for _ in range(4):
        await aside(run_next)
    for number in range(4):
        assert (await other.hear_until("complete"))[-1]["final"], number


@database
async def test_more_than_may_wait_are_refused_one_by_one(open_socket: OpenSocket, settings: Settings) -> None:
    settings.STREAMER_MAX_WAITING_PER_USER = 2
    socket = await open_socket()
    await socket.say(type="requests", requests=[queued(1), queued(1), queued(2), queued(3)])
    heard = await hear_answers(socket, 4)
    assert [item["type"] for item in heard] == ["acknowledgment"] * 3 + ["error"]
    assert heard[3]["error"]["code"] == "RATE_LIMITED" and heard[3]["id"] == "3"


@database
async def test_each_request_counts_as_a_message(open_socket: OpenSocket, settings: Settings) -> None:
    settings.STREAMER_MESSAGES_PER_SECOND, settings.STREAMER_MESSAGE_BURST = 0.001, 3
    socket = await open_socket()
    await socket.say(type="requests", requests=[queued(number) for number in range(5)])
    heard = await hear_answers(socket, 5)
    assert [item["type"] for item in heard] == ["acknowledgment"] * 3 + ["error"] * 2
    assert {item["error"]["code"] for item in heard[3:]} == {"RATE_LIMITED"} and heard[4]["error"]["retry_after"] > 0
    await socket.say(type="requests", requests=[queued(7)])
    (refused,) = await hear_answers(socket, 1)
    assert (refused["id"], refused["error"]["code"]) == ("7", "RATE_LIMITED")


@database
async def test_batches_are_no_way_to_flood(open_socket: OpenSocket, settings: Settings) -> None:
    settings.STREAMER_MESSAGES_PER_SECOND, settings.STREAMER_MESSAGE_BURST = 0.001, 1
    socket = await open_socket()
    for _ in range(11):
        await socket.say(type="requests", requests=[{"action": "echo"}] * 100)
    assert (await socket.hear_goodbye())["code"] == CloseCode.PROTOCOL_ABUSE


@database
async def test_too_many_at_once_are_refused_one_by_one(
    open_socket: OpenSocket, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "MAX_CONCURRENT", 2)
    settings.STREAMER_INLINE_THRESHOLD_SECONDS = 0.3
    socket = await open_socket()
    slow = [{"action": "zoo_slow_inline", "id": str(number)} for number in range(3)]
    await socket.say(type="requests", requests=[*slow, queued(3), queued(4)])
    heard = await hear_answers(socket, 5)
    codes = [item["error"]["code"] for item in heard]
    assert codes == ["TIMEOUT", "TIMEOUT", "RATE_LIMITED", "RATE_LIMITED", "RATE_LIMITED"]


@database
async def test_a_database_that_is_away_is_told_for_each(
    open_socket: OpenSocket, monkeypatch: pytest.MonkeyPatch, transactions: list[int]
) -> None:
    socket = await open_socket()

    def away(submissions: Sequence[Submission]) -> Any:
        raise OperationalError("away")

    with monkeypatch.context() as patched:
        patched.setattr(writer_module, "submit_many", away)
        await socket.say(type="requests", requests=[queued(0), queued(1)])
        heard = await hear_answers(socket, 2)
    assert [(item["id"], item["error"]["code"]) for item in heard] == [
        ("0", "SERVICE_UNAVAILABLE"),
        ("1", "SERVICE_UNAVAILABLE"),
    ]
    assert (await submit(socket))["status"] == "queued"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
ITEM = JSON | st.fixed_dictionaries(
    {"action": st.text(max_size=70)},
    optional={"id": JSON, "payload": JSON, "type": st.sampled_from(["request", "requests", "ping"]), "index": JSON},
)


@given(st.lists(ITEM, min_size=1, max_size=6))
def test_whatever_the_items_are_each_has_its_place(items: list[Any]) -> None:
    taken = take_apart(Requests(requests=items), most=6)
    assert [one.place for one in taken] == [{"index": number} for number in range(len(items))]
    for fields, one in zip(items, taken, strict=True):
        if isinstance(one, BadMessage):
            assert one.answer()
        else:
            assert one.action == fields["action"] and parse_alone(one.action) == one.action


def parse_alone(action: str) -> str:
    """Parse the same request when it comes alone, because a batch must accept nothing more."""

    return parse(json.dumps({"action": action}), longest_bytes=10_000, most_containers=30_000).action  # type: ignore[attr-defined, no-any-return]
