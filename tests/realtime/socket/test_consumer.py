import base64
import json
import logging
from functools import partial

import pytest
from pytest_django import Settings

from jobs.handlers.echo import Echo
from realtime.auth import KeysUnavailable
from realtime.limits.messages import RateLimit
from realtime.socket import consumer
from realtime.socket.handshake import identifying
from tests.conftest import MakeToken
from tests.realtime.conftest import OpenSocket
from tests.realtime.sockets import Socket, end_all_tasks

pytestmark = pytest.mark.django_db(transaction=True)


def no_traceback(caplog: pytest.LogCaptureFixture) -> bool:
    return not [record for record in caplog.records if record.exc_info or record.levelno >= logging.ERROR]


async def test_it_works(open_socket: OpenSocket) -> None:
    socket = await open_socket()
    answer = await socket.ask(action="echo", payload={"message": "hi"}, id="mine")
    assert (answer["type"], answer["success"], answer["data"]) == ("response", True, {"message": "hi"})
    assert answer["id"] == answer["request_id"] == "mine" and answer["metadata"]["seconds"] >= 0
    assert (await socket.ask(type="ping", id=" "))["type"] == "pong"


async def test_the_welcome_says_who_one_is_and_what_one_may(make_token: MakeToken, settings: Settings) -> None:
    socket = await Socket(subprotocols=["streamer.v1", f"bearer.{make_token(ttl_seconds=600)}"]).open()
    assert socket.accepted and socket.subprotocol == "streamer.v1"
    welcome = await socket.hear("welcome")
    assert (welcome["user_id"], welcome["tenant_id"], welcome["protocol"]) == ("alice", "acme", "streamer.v1")
    assert 590 < welcome["token_expires_in"] <= 600 and welcome["connection_id"]
    assert welcome["heartbeat_seconds"] == settings.STREAMER_HEARTBEAT_SECONDS
    assert welcome["limits"] == {
        "frame_bytes": 1024 * 1024,
        "frame_containers": 30_000,
        "messages_per_second": 100,
        "message_burst": 200,
        "user_messages_per_second": 500,
        "user_submits_per_second": 50,
        "user_uploads_per_second": 2,
        "running_requests": 10,
        "waiting_requests": 100,
        "batch_requests": 100,
        "connections": 10,
        "topics": 100,
        "topic_messages_per_second": 50.0,
        "topic_message_bytes": 32 * 1024,
        "credit_events": 256,
        "credit_bytes": 1024 * 1024,
    }
    await socket.leave()
    await end_all_tasks()


# --- who may open one ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["token", "Authorization"])
async def test_a_token_may_come_in_the_query(way: str, make_token: MakeToken, settings: Settings) -> None:
    settings.STREAMER_QUERY_TOKENS = True
    socket = await Socket(path=f"/ws/?{way}={make_token()}").open()
    assert socket.subprotocol is None and (await socket.hear("welcome"))["user_id"] == "alice"
    await socket.leave()
    await end_all_tasks()


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (None, "token_missing"),
        ("nonsense", "token_invalid"),
        ("expired", "token_expired"),
        ("stranger", "claim_missing"),
    ],
)
async def test_a_bad_token_is_told_so_and_then_closed(
    token: str | None, reason: str, make_token: MakeToken, caplog: pytest.LogCaptureFixture
) -> None:
    made = {"expired": make_token(ttl_seconds=-60), "stranger": make_token(tenant="")}
    headers = [(b"authorization", f"Bearer {made.get(token, token)}".encode())] if token else []
    socket = await Socket(headers=headers).open()
    assert socket.accepted
    error = (await socket.hear("error"))["error"]
    assert error["code"] == "UNAUTHORIZED" and error["details"] == {"reason": reason}
    goodbye = await socket.hear_goodbye()
    assert (goodbye["code"], goodbye["reconnect"], goodbye["reason"]) == (4500, False, "bad_token")
    await socket.leave()
    assert no_traceback(caplog) and "nonsense" not in caplog.text


async def test_when_keys_cannot_be_had_one_is_told_to_come_back(
    make_token: MakeToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(token: str) -> None:
        raise KeysUnavailable

    monkeypatch.setattr(identifying, "verify", away)
    socket = await Socket(headers=[(b"authorization", f"Bearer {make_token()}".encode())]).open()
    assert (await socket.hear("error"))["error"]["code"] == "SERVICE_UNAVAILABLE"
    goodbye = await socket.hear_goodbye()
    assert goodbye["code"] == 4000 and goodbye["reconnect"] and goodbye["after_ms"] > 0
    await socket.leave()


async def test_a_foreign_page_is_refused_before_anything_is_said(make_token: MakeToken) -> None:
    token = (b"authorization", f"Bearer {make_token()}".encode())
    socket = await Socket(headers=[token, (b"origin", b"https://evil.example")]).open()
    assert not socket.accepted
    await socket.leave()


async def test_a_page_of_ours_and_a_client_that_is_no_page_are_let_in(open_socket: OpenSocket) -> None:
    assert (await open_socket(headers=[(b"origin", b"http://localhost:8000")])).accepted
    assert (await open_socket()).accepted


# --- bad input -------------------------------------------------------------------------------------------------------

REQUEST_ID = "00000000-0000-0000-0000-000000000007"
# A moment before the first one there is, in UTC.
YEAR_ONE = base64.urlsafe_b64encode(f"0001-01-01T00:00:00+23:59 {REQUEST_ID}".encode()).decode()
BAD = [
    ("hello", "INVALID_MESSAGE"),
    ("[]", "INVALID_MESSAGE"),
    ("7", "INVALID_MESSAGE"),
    ("", "INVALID_MESSAGE"),
    ('{"type": "dance"}', "INVALID_MESSAGE"),
    ('{"type": 7}', "INVALID_MESSAGE"),
    ('{"action": "echo", "payload": {"message": NaN}}', "INVALID_MESSAGE"),
    ('{"action": "echo", "payload": {"message": 1e999}}', "INVALID_MESSAGE"),
    ('{"action": "echo", "payload": {"message": "\\u0000"}}', "INVALID_MESSAGE"),
    ('{"action": "echo", "payload": {"message": "\\ud800"}}', "INVALID_MESSAGE"),
    ('{"action": "echo", "payload": {"message": ' + "[" * 200 + "]" * 200 + "}}", "INVALID_MESSAGE"),
    ("[" * 20_000, "INVALID_MESSAGE"),
    ("[" * 100_000, "PAYLOAD_TOO_LARGE"),
    ("x" * (1024 * 1024 + 1), "PAYLOAD_TOO_LARGE"),
    ("{}", "VALIDATION_ERROR"),
    ('{"action": 7}', "VALIDATION_ERROR"),
    ('{"action": "echo", "id": 7}', "VALIDATION_ERROR"),
    ('{"action": "delay", "payload": {"seconds": "red"}}', "VALIDATION_ERROR"),
    ('{"action": "no_such"}', "INVALID_ACTION"),
    ('{"action": "__class__"}', "INVALID_ACTION"),
    ('{"type": "subscribe"}', "VALIDATION_ERROR"),
    ('{"type": "subscribe", "request_id": "x"}', "VALIDATION_ERROR"),
    ('{"type": "subscribe", "topic": ""}', "VALIDATION_ERROR"),
    ('{"type": "subscribe", "topic": "weather"}', "NOT_FOUND"),
    ('{"type": "subscribe", "topic": "requests", "cursor": "nonsense"}', "VALIDATION_ERROR"),
    ('{"type": "subscribe", "topic": "requests", "cursor": "2026-01-01"}', "VALIDATION_ERROR"),
    ('{"type": "subscribe", "topic": "requests", "cursor": "0001-01-01T00:00:00+23:59"}', "VALIDATION_ERROR"),
    (f'{{"type": "subscribe", "topic": "requests", "request_id": "{REQUEST_ID}"}}', "VALIDATION_ERROR"),
    ('{"type": "unsubscribe"}', "VALIDATION_ERROR"),
    ('{"type": "unsubscribe", "topic": "weather"}', "NOT_FOUND"),
    ('{"type": "list", "cursor": "nonsense"}', "VALIDATION_ERROR"),
    (f'{{"type": "list", "cursor": "{YEAR_ONE}"}}', "VALIDATION_ERROR"),
    ('{"type": "cancel"}', "VALIDATION_ERROR"),
    (f'{{"type": "cancel", "request_id": "{REQUEST_ID}"}}', "NOT_FOUND"),
    ('{"type": "authenticate", "token": "x"}', "UNAUTHORIZED"),
]


@pytest.mark.parametrize(("text", "code"), BAD, ids=[text[:50] for text, _ in BAD])
async def test_bad_input_is_answered_and_the_socket_stays_open(
    text: str, code: str, open_socket: OpenSocket, caplog: pytest.LogCaptureFixture
) -> None:
    socket = await open_socket()
    await socket.say_text(text)
    error = await socket.hear("error")
    assert error["success"] is False and error["error"]["code"] == code and error["error"]["message"]
    assert (await socket.ask(type="ping", id="still here"))["id"] == "still here"
    assert no_traceback(caplog)


async def test_binary_frames_are_answered_too(open_socket: OpenSocket) -> None:
    socket = await open_socket()
    await socket.say_bytes(b'{"type": "ping"}')
    error = (await socket.hear("error"))["error"]
    assert error["code"] == "INVALID_MESSAGE" and "binary" in error["message"]
    assert (await socket.ask(type="ping"))["type"] == "pong"


async def test_a_bug_of_ours_is_one_answer_with_a_number_to_find_it_by(
    open_socket: OpenSocket, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> float:
        raise KeyError("a secret of the inside")

    monkeypatch.setattr(Echo, "estimate", broken)
    socket = await open_socket()
    answer = await socket.ask(action="echo", id="mine")
    assert answer["type"] == "error" and answer["id"] == "mine" and answer["error"]["code"] == "INTERNAL_ERROR"
    assert "secret" not in json.dumps(answer) and "a secret of the inside" in caplog.text
    assert answer["error"]["details"]["correlation_id"]
    assert (await socket.ask(type="ping"))["type"] == "pong"


# --- floods ----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("still_buckets")
async def test_a_flood_is_refused_and_then_ended(
    open_socket: OpenSocket, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.STREAMER_MESSAGES_PER_SECOND, settings.STREAMER_MESSAGE_BURST = 1, 5
    monkeypatch.setattr(consumer, "RateLimit", partial(RateLimit, max_refused=10))
    socket = await open_socket()
    for _ in range(40):
        await socket.say(type="ping")
    messages = await socket.hear_until("goodbye")
    types = [message["type"] for message in messages]
    assert types[:5] == ["pong"] * 5 and types[5:-1] == ["error"] * 10
    errors = [message["error"] for message in messages[5:-1]]
    assert {error["code"] for error in errors} == {"RATE_LIMITED"}
    assert all(error["retryable"] and 0 < error["retry_after"] <= 1 for error in errors)
    assert (messages[-1]["code"], messages[-1]["reconnect"]) == (4503, False)
