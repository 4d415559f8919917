"""One request over HTTP: answered at once, or stored and acknowledged, as on a socket."""

from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock
from uuid import UUID

import msgspec
import pytest
from django.test import AsyncClient
from pytest_django import Settings

from jobs.contract.registry import all_handlers
from jobs.models import AsyncRequest
from jobs.requests import writer as writer_module
from realtime.http.requests import accepting
from realtime.limits import full_queues
from tests.conftest import MakeToken
from tests.jobs.building import row_of, run_next
from tests.realtime.http.requests.conftest import Call
from tests.realtime.sockets import aside

pytestmark = pytest.mark.django_db(transaction=True)
ECHO = {"action": "echo_async", "payload": {"message": "hi"}}


async def test_it_works(call: Call) -> None:
    answer = await call("post", "", {**ECHO, "id": "mine", "metadata": {"tab": 1}, "tags": ["b", "a", "b"]})
    body = answer.json()
    assert answer.status_code == 202 and answer["Content-Type"] == "application/json"
    assert answer["Location"] == f"/api/requests/{body['request_id']}/" and answer["Cache-Control"] == "no-store"
    assert 1 <= int(answer["Retry-After"]) <= 30
    assert (body["type"], body["id"], body["status"], body["duplicate"]) == ("acknowledgment", "mine", "queued", False)
    assert body["position"] == 1 and body["estimated_seconds"] > 0 and body["timestamp"] > 0
    assert body["title"] == "Echo async · hi"
    row = await aside(run_next)
    assert (str(row.id), row.client_id, row.result) == (body["request_id"], "mine", {"message": "hi"})
    assert (row.tenant_id, row.user_id, row.metadata, row.tags) == ("acme", "alice", {"tab": 1}, ["b", "a"])
    assert row.connection_id is None
    state = (await call("get", f"{row.id}/")).json()
    assert (state["tags"], state["title"]) == (["b", "a"], "Echo async · hi")
    assert (await call("get", "")).json()["requests"][0]["title"] == "Echo async · hi"


async def test_an_inline_action_is_answered_with_its_response(call: Call) -> None:
    answer = await call("post", "", {"action": "echo", "id": "mine", "payload": {"message": [1]}})
    body = answer.json()
    assert answer.status_code == 200 and "Location" not in answer
    assert (body["type"], body["id"], body["request_id"], body["success"]) == ("response", "mine", "mine", True)
    assert body["data"] == {"message": [1]} and "seconds" in body["metadata"]
    assert not await aside(AsyncRequest.objects.exists)


async def test_a_response_names_the_fields_that_were_left_out(call: Call) -> None:
    body = (await call("post", "", {"action": "zoo_locked", "payload": {"colour": "red"}})).json()
    assert body["metadata"]["warnings"] == [{"path": "colour", "message": "this action has no such field (ignored)"}]


@pytest.mark.parametrize(
    ("action", "status", "code"), [("zoo_inline_crash", 500, "INTERNAL_ERROR"), ("zoo_slow_inline", 504, "TIMEOUT")]
)
async def test_an_inline_action_that_fails_has_the_status_of_its_error(
    action: str, status: int, code: str, call: Call, settings: Settings
) -> None:
    settings.STREAMER_INLINE_THRESHOLD_SECONDS = 0.2 if code == "TIMEOUT" else 5.0
    answer = await call("post", "", {"action": action})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


async def test_the_same_request_twice_is_one(call: Call) -> None:
    first = await call("post", "", ECHO, headers={"Idempotency-Key": "once"})
    second = await call("post", "", {**ECHO, "id": "once", "tags": ["late"]})
    assert first.json()["id"] == "once" and second.json()["duplicate"] is True
    assert second.status_code == 202 and second["Location"] == first["Location"]
    other = await call("post", "", {**ECHO, "payload": {"message": "other"}, "id": "once"})
    error = other.json()["error"]
    assert (other.status_code, error["code"], error["details"]["fields"]) == (
        409,
        "DUPLICATE_REQUEST",
        ["payload.message"],
    )
    assert (await call("post", "", ECHO, headers={"Idempotency-Key": "once"}, user="bob")).json()["duplicate"] is False


@pytest.mark.parametrize("key", ["", "x" * 129, "tab\t", "caf\xe9", "other"])
async def test_a_key_that_is_none_or_another_one_is_refused(key: str, call: Call) -> None:
    answer = await call("post", "", {**ECHO, "id": "mine"}, headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "VALIDATION_ERROR")
    assert not await aside(AsyncRequest.objects.exists)


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"action": "no_such"}, 400, "INVALID_ACTION"),
        ({"action": "delay", "payload": {"seconds": "long"}}, 400, "VALIDATION_ERROR"),
        ({"action": "zoo_locked"}, 403, "FORBIDDEN"),
        ({**ECHO, "on_disconnect": "cancel"}, 400, "VALIDATION_ERROR"),
        ({**ECHO, "tags": ["x"] * 11}, 400, "VALIDATION_ERROR"),
        ({**ECHO, "tags": [""]}, 400, "VALIDATION_ERROR"),
        ({**ECHO, "tags": "one"}, 400, "VALIDATION_ERROR"),
        ({**ECHO, "metadata": {"text": "x" * 20_000}}, 400, "VALIDATION_ERROR"),
        ({**ECHO, "type": "subscribe", "topic": "requests"}, 400, "INVALID_MESSAGE"),
        ({**ECHO, "type": "no such"}, 400, "INVALID_MESSAGE"),
        ({**ECHO, "payload": {"message": "\x00"}}, 400, "INVALID_MESSAGE"),
    ],
)
async def test_what_a_socket_refuses_is_refused(fields: Any, status: int, code: str, call: Call) -> None:
    answer = await call("post", "", fields, permissions=())
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert not await aside(AsyncRequest.objects.exists)


DEEP = b'{"action":"echo_async","payload":{"message":' + b"[" * 5_000 + b"]" * 5_000 + b"}}"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"action": NaN}', b'{"a":"\\ud800"}', DEEP])
async def test_a_body_that_is_no_message_is_refused(body: bytes, call: Call) -> None:
    answer = await call("post", "", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_MESSAGE")


async def test_a_body_is_no_larger_than_a_message(call: Call, settings: Settings) -> None:
    settings.STREAMER_MAX_FRAME_BYTES, settings.STREAMER_MAX_FRAME_CONTAINERS = 2_000, 50
    for message in ("x" * 2_000, [[]] * 60):
        answer = await call("post", "", {**ECHO, "payload": {"message": message}})
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "PAYLOAD_TOO_LARGE")


async def test_identity_comes_from_the_token_alone(call: Call) -> None:
    answer = await call("post", "", {**ECHO, "user_id": "bob", "tenant_id": "other", "connection_id": "x"})
    row = await aside(row_of, UUID(answer.json()["request_id"]))
    assert (row.user_id, row.tenant_id) == ("alice", "acme")


async def test_a_known_result_is_acknowledged_as_such(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(all_handlers()["echo_async"]), "cache_seconds", 60.0)
    await call("post", "", ECHO)
    await aside(run_next)
    assert (await call("post", "", ECHO)).json()["message"] == "The result is known already"
    fresh = await call("post", "", {**ECHO, "cache": False})
    assert fresh.json()["message"] == "The request is queued"


@pytest.mark.usefixtures("still_buckets")
async def test_messages_and_requests_that_come_too_fast_are_refused(call: Call, settings: Settings) -> None:
    settings.STREAMER_SUBMITS_PER_USER = 0.2
    statuses = [(await call("post", "", {**ECHO, "id": name}, user="fay")).status_code for name in "aaab"]
    assert statuses == [202] * 4, "one that is not new costs nothing"
    refused = await call("post", "", {**ECHO, "id": "c"}, user="fay")
    assert refused.status_code == 429 and int(refused["Retry-After"]) >= 1
    assert refused.json()["error"]["details"]["limit"] == "submits"


async def test_a_full_queue_is_not_looked_at_again_at_once(
    call: Call, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.STREAMER_MAX_WAITING_PER_USER = 1
    monkeypatch.setattr(full_queues, "time", SimpleNamespace(monotonic=lambda: 1000.0))
    assert (await call("post", "", ECHO, user="gus")).status_code == 202
    full = await call("post", "", ECHO, user="gus")
    assert (full.status_code, full.json()["error"]["code"]) == (429, "RATE_LIMITED")
    monkeypatch.setattr(accepting, "store", AsyncMock(side_effect=AssertionError("the database was asked")))
    again = await call("post", "", ECHO, user="gus")
    assert again.json()["error"] == full.json()["error"]


@pytest.mark.parametrize("path", ["", "batch/", f"{UUID(int=1)}/cancel/", f"{UUID(int=1)}/retry/"])
async def test_without_a_token_nothing_is_done(path: str, async_client: AsyncClient, make_token: MakeToken) -> None:
    url = f"/api/requests/{path}"
    for address in (url, url.rstrip("/"), f"{url}?token={make_token()}"):
        answer = await async_client.post(address, ECHO, content_type="application/json")
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "UNAUTHORIZED")
    if not path:
        assert (await async_client.get(url)).status_code == 401
    assert not await aside(AsyncRequest.objects.exists)


@pytest.mark.usefixtures("still_buckets")
async def test_messages_of_all_kinds_count_together(call: Call, settings: Settings) -> None:
    settings.STREAMER_MESSAGES_PER_USER = 0.3
    paths = [("get", ""), ("post", "batch/"), ("post", f"{UUID(int=1)}/cancel/")]
    statuses = [(await call(*path, user="eve")).status_code for path in paths]
    assert 429 not in statuses
    for path in [*paths, ("post", ""), ("post", f"{UUID(int=1)}/retry/")]:
        answer = await call(*path, user="eve")
        assert (answer.status_code, answer.json()["error"]["code"]) == (429, "RATE_LIMITED"), path
    assert (await call("get", user="mallory")).status_code == 200


async def test_a_database_that_is_away_is_an_answer(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> Any:
        raise writer_module.Overloaded

    monkeypatch.setattr(accepting, "submission_writer", away)
    answer = await call("post", "", ECHO)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")


async def test_a_handler_that_cannot_be_asked_is_an_error_with_an_id(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> float:
        raise RuntimeError("inside")

    monkeypatch.setattr(type(all_handlers()["echo_async"]), "estimate", broken)
    answer = await call("post", "", ECHO)
    assert answer.status_code == 500 and answer.json()["error"]["details"]["correlation_id"]
    assert "inside" not in answer.content.decode()


async def test_the_answer_is_the_message_of_the_socket(call: Call) -> None:
    answer = await call("post", "", {**ECHO, "payload": {"message": 1}, "id": "mine"})
    assert list(msgspec.json.decode(answer.content)) == [
        *("type", "id", "timestamp", "request_id", "status", "message", "duplicate", "position", "estimated_seconds"),
        "title",
    ]
