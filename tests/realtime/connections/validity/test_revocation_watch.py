"""Open sockets whose tokens become void: closed by a hint at once, and by the next read without one."""

import asyncio
from typing import Any

import pytest
from django.db import OperationalError

from realtime.auth import verify
from realtime.connections.validity import revocation_watch
from realtime.connections.validity.revocation_watch import RevocationWatch
from realtime.revocations import table, writing
from realtime.revocations.writing import revoke_tokens
from realtime.shared import registry
from tests.conftest import MakeToken
from tests.realtime.conftest import OpenSocket
from tests.realtime.sockets import Socket, aside, until

pytestmark = pytest.mark.django_db(transaction=True)
LONG_SECONDS = 3_600.0


async def closing_of(socket: Socket) -> tuple[int, bool]:
    goodbye = await socket.hear_goodbye()
    return goodbye["code"], goodbye["reconnect"]


async def test_a_hint_closes_the_sockets_of_the_user_and_no_others(
    open_socket: OpenSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revocation_watch, "POLL_SECONDS", LONG_SECONDS)
    first, second, other = await open_socket(), await open_socket(), await open_socket(user="bob")
    watch = RevocationWatch(registry().open)
    task = asyncio.create_task(watch.run())
    joined = watch._groups._wanted
    await until(lambda: writing.GROUP in joined and joined[writing.GROUP].is_set(), "the watch hears hints")
    await aside(lambda: revoke_tokens(user_id="alice"))
    for socket in (first, second):
        assert await closing_of(socket) == (4501, False)
    assert (await other.ask(type="ping"))["type"] == "pong"
    task.cancel()


async def test_a_lost_hint_costs_no_more_than_a_second(
    open_socket: OpenSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "send_hints", lambda messages: None)
    assert table.POLL_SECONDS <= 1.0
    socket = await open_socket()
    await aside(lambda: revoke_tokens(tenant_id="acme"))
    assert await closing_of(socket) == (4501, False)


async def test_it_goes_on_after_the_database_was_away(open_socket: OpenSocket, monkeypatch: pytest.MonkeyPatch) -> None:
    read, failures = table._read, list[Any]()

    def fail(*args: Any) -> Any:
        failures.append(args)
        raise OperationalError("the database is away")

    socket = await open_socket()
    monkeypatch.setattr(table, "_read", fail)
    await aside(lambda: revoke_tokens(user_id="alice"))
    await until(lambda: len(failures) > 3, "it has tried again")
    assert (await socket.ask(type="ping"))["type"] == "pong"
    monkeypatch.setattr(table, "_read", read)
    assert await closing_of(socket) == (4501, False)


async def test_a_socket_goes_by_the_token_that_it_has_now(open_socket: OpenSocket, make_token: MakeToken) -> None:
    stays, goes = await open_socket(), await open_socket()
    for socket in (stays, goes):
        await socket.ask(type="authenticate", token=make_token())
    one = make_token()
    await goes.ask(type="authenticate", token=one)
    await aside(lambda: revoke_tokens(token_id=verify(one).token_id))
    assert await closing_of(goes) == (4501, False)
    assert (await stays.ask(type="ping"))["type"] == "pong"


async def test_a_void_token_opens_and_extends_no_socket(open_socket: OpenSocket, make_token: MakeToken) -> None:
    old = make_token()
    await aside(lambda: revoke_tokens(user_id="alice"))
    refused = await Socket(headers=[(b"authorization", f"Bearer {old}".encode())]).open()
    error = await refused.hear("error")
    assert (error["error"]["code"], error["error"]["details"]) == ("UNAUTHORIZED", {"reason": "token_revoked"})
    assert (await refused.hear_goodbye())["code"] == 4500
    fresh = await open_socket()
    answer = await fresh.ask(type="authenticate", token=old)
    assert answer["error"]["details"] == {"reason": "token_revoked"}
    assert (await fresh.ask(type="ping"))["type"] == "pong"
