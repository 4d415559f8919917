"""Each refused token, permission and id is one line in the log, and a flood of them is few lines."""

import logging
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.test import AsyncClient
from pytest_django import Settings

from jobs.errors import ErrorCode, error_body
from realtime.auth import Identity
from realtime.connections import refused_messages
from realtime.refusals import log
from realtime.revocations.table import TABLE
from realtime.revocations.writing import revoke_tokens
from tests.conftest import MakeToken
from tests.jobs.building import make_submission, store
from tests.local.waiting import eventually
from tests.realtime.conftest import OpenSocket
from tests.realtime.sockets import Socket, aside, submit

WHO = {"user": "bob", "tenant": "acme"}
EVENTS = ("Connection refused", "Token refused", "Access refused", "Message refused")


@pytest.fixture(autouse=True)
def fresh_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "_LOG", log.RefusalLog())


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [vars(record) for record in caplog.records if record.getMessage() in EVENTS]


def only_line(caplog: pytest.LogCaptureFixture, event: str, reason: str, **facts: Any) -> dict[str, Any]:
    (line,) = lines(caplog)
    assert (line["msg"], line["reason"]) == (event, reason)
    assert {name: line.get(name) for name in facts} == facts
    return line


# --- on sockets ------------------------------------------------------------------------------------------------------


async def refused_handshake(token: str, headers: Any = ()) -> None:
    socket = await Socket(headers=[(b"authorization", f"Bearer {token}".encode()), *headers]).open()
    if socket.accepted:
        assert (await socket.hear_goodbye())["code"] == 4500
    await socket.leave()


@pytest.mark.django_db(transaction=True)
async def test_it_works(caplog: pytest.LogCaptureFixture, settings: Settings) -> None:
    settings.TRUST_PROXY = True
    await refused_handshake("not.a.token", [(b"x-forwarded-for", b"198.51.100.7, 203.0.113.9")])
    line = only_line(caplog, "Token refused", "token_invalid", address="203.0.113.9")
    assert "user" not in line and "not.a.token" not in str(line)


@pytest.mark.django_db(transaction=True)
async def test_a_revoked_token_is_logged_with_its_user(caplog: pytest.LogCaptureFixture, make_token: MakeToken) -> None:
    token = make_token(user="bob")
    await aside(revoke_tokens, user_id="bob", tenant_id="acme")
    await aside(TABLE.refresh)
    await refused_handshake(token)
    line = only_line(caplog, "Token refused", "token_revoked", **WHO)
    assert token not in str(line)


async def test_a_foreign_page_is_logged(caplog: pytest.LogCaptureFixture, make_token: MakeToken) -> None:
    await refused_handshake(make_token(), [(b"origin", b"https://evil.example")])
    only_line(caplog, "Connection refused", "origin_or_host")


@pytest.mark.django_db(transaction=True)
async def test_a_missing_permission_is_logged(open_socket: OpenSocket, caplog: pytest.LogCaptureFixture) -> None:
    socket = await open_socket(user="bob", permissions=())
    answer = await socket.ask(action="generate_report", payload={})
    assert answer["error"]["code"] == "FORBIDDEN"
    only_line(caplog, "Access refused", "permission", permission="reports.generate", **WHO)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["status", "cancel", "subscribe", "regenerate"])
async def test_a_foreign_id_is_one_line(kind: str, open_socket: OpenSocket, caplog: pytest.LogCaptureFixture) -> None:
    request_id = (await submit(await open_socket()))["request_id"]
    await (await open_socket(user="bob")).ask(type=kind, request_id=request_id)
    only_line(caplog, "Access refused", "foreign_or_unknown_id", request_id=request_id, **WHO)


@pytest.mark.django_db(transaction=True)
async def test_many_foreign_ids_in_one_message_are_one_line(
    open_socket: OpenSocket, caplog: pytest.LogCaptureFixture
) -> None:
    mine = (await submit(await open_socket(user="bob")))["request_id"]
    ids = [mine, *(str(uuid4()) for _ in range(100))]
    socket = await open_socket(user="bob")
    await socket.ask(type="subscribe", requests=[{"request_id": one} for one in ids])
    only_line(caplog, "Access refused", "foreign_or_unknown_id", count=100, **WHO)


@pytest.mark.django_db(transaction=True)
async def test_a_token_of_another_user_is_logged_as_of_the_present_one(
    open_socket: OpenSocket, caplog: pytest.LogCaptureFixture, make_token: MakeToken
) -> None:
    socket = await open_socket(user="bob")
    await socket.ask(type="authenticate", token=make_token(user="alice"))
    only_line(caplog, "Token refused", "other_identity", **WHO)


@pytest.mark.django_db(transaction=True)
async def test_refused_messages_are_a_line_at_once_and_one_at_the_end(
    open_socket: OpenSocket, caplog: pytest.LogCaptureFixture
) -> None:
    socket = await open_socket(user="bob")
    for _ in range(10):
        await socket.say_text('{"secret": ')
        assert (await socket.hear("error"))["error"]["code"] == "INVALID_MESSAGE"
    await socket.ask(action="no_such_action", payload={"wrong": "secret"})
    line = only_line(caplog, "Message refused", "invalid_message", count=1, **WHO)
    assert line["connection_id"] and "address" in line
    await socket.leave()
    told = {(one["reason"], one["count"]) for one in lines(caplog)[1:]}
    assert told == {("invalid_message", 9), ("invalid_action", 1)}
    assert "secret" not in str(lines(caplog))


@pytest.mark.django_db(transaction=True)
async def test_a_rate_names_its_limit(
    open_socket: OpenSocket, caplog: pytest.LogCaptureFixture, settings: Settings
) -> None:
    settings.STREAMER_MESSAGES_PER_SECOND, settings.STREAMER_MESSAGE_BURST = 1, 2
    socket = await open_socket(user="bob")
    answers = [await socket.ask(type="ping") for _ in range(6)]
    assert "error" in {one["type"] for one in answers}
    only_line(caplog, "Message refused", "rate_limited.messages.connection", count=1, **WHO)


def test_while_refusals_come_there_is_a_line_a_minute(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now = 1_000.0
    monkeypatch.setattr(refused_messages.time, "monotonic", lambda: now)
    identity = Identity(user_id="bob", tenant_id="acme", permissions=frozenset(), expires_at=0.0)
    refused = refused_messages.RefusedMessages()
    for second in range(120):
        now = 1_000.0 + second
        refused.count(error_body(ErrorCode.RATE_LIMITED, "No"), identity, address="203.0.113.9")
    assert [one["count"] for one in lines(caplog)] == [1, 60]
    refused.count(error_body(ErrorCode.NOT_FOUND, "No"), identity, address="203.0.113.9")
    refused.tell(identity, address="203.0.113.9")
    assert sum(one["count"] for one in lines(caplog)) == 120


# --- over HTTP -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("path", "permissions", "event", "reason"),
    [
        ("/api/actions/", None, "Token refused", "token_missing"),
        ("/api/datasets/", (), "Access refused", "permission"),
        ("/api/requests/{request_id}/", (), "Access refused", "foreign_or_unknown_id"),
        ("/api/requests/{request_id}/events/", (), "Access refused", "foreign_or_unknown_id"),
        ("/api/artifacts/{request_id}/", (), "Access refused", "foreign_or_unknown_id"),
    ],
)
async def test_what_is_refused_over_http_is_one_line(
    path: str,
    permissions: tuple[str, ...] | None,
    event: str,
    reason: str,
    async_client: AsyncClient,
    make_token: MakeToken,
    caplog: pytest.LogCaptureFixture,
) -> None:
    path = path.format(request_id=await aside(store, make_submission()))
    token = None if permissions is None else make_token(user="bob", permissions=permissions)
    await async_client.get(f"{path}?token=secret", headers={"Authorization": f"Bearer {token}"} if token else {})
    who = WHO if token else {}
    line = only_line(caplog, event, reason, address="127.0.0.1", path=path, method="GET", **who)
    assert "secret" not in str(line["path"])


# --- a flood ---------------------------------------------------------------------------------------------------------


def test_a_flood_is_few_lines_and_a_count(
    settings: Settings, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "time", SimpleNamespace(monotonic=lambda: 1_000.0))
    settings.STREAMER_REFUSALS_LOGGED_PER_SECOND = 3
    for _ in range(1_000):
        log.log_refusal("Token refused", reason="token_invalid", address="203.0.113.9")

    def left_out() -> int:
        return sum(vars(record)["count"] for record in caplog.records if record.msg == "Refusals left out")

    eventually(lambda: left_out() + len(lines(caplog)) == 1_000, "all are counted")
    assert len(caplog.records) <= 12 and {record.levelno for record in caplog.records} == {logging.WARNING}


def test_long_texts_are_cut(caplog: pytest.LogCaptureFixture) -> None:
    log.log_refusal("Access refused", reason="x", address="203.0.113.9", path="/" * 10_000)
    assert len(lines(caplog)[0]["path"]) == 256
