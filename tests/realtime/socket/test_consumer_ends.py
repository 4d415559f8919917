import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from unittest.mock import AsyncMock
from uuid import uuid4

import pytest
from pytest_django import Settings

from realtime.connections.drain import after_ms
from realtime.connections.rows import revoke
from realtime.connections.validity.token_expiry import TokenExpiry
from realtime.models import Connection
from realtime.shared import drain, registry
from realtime.socket import consumer, ending
from realtime.socket.backpressure import Backpressure
from realtime.socket.outbox import Outbox
from realtime.wire import oversized
from realtime.wire.close_codes import CloseCode
from tests.realtime.conftest import OpenSocket
from tests.realtime.connections.making import make
from tests.realtime.sockets import aside, until

pytestmark = pytest.mark.django_db(transaction=True)


# --- ends that others want -------------------------------------------------------------------------------------------


async def test_an_operator_ends_a_connection(open_socket: OpenSocket) -> None:
    socket = await open_socket()
    await until(lambda: registry().open, "the connection is known")
    await registry().write()
    await aside(revoke, Connection.objects.all())
    await registry().write()
    goodbye = await socket.hear_goodbye()
    assert (goodbye["code"], goodbye["reconnect"], goodbye["reason"]) == (4501, False, "revoked")


async def test_who_does_not_answer_pings_is_told_why_it_ends(open_socket: OpenSocket) -> None:
    socket = await open_socket()
    await socket.happen({"type": consumer.NO_PONG_EVENT})
    goodbye = await socket.hear_goodbye()
    assert (goodbye["code"], goodbye["reconnect"]) == (4003, True)


# --- the end ---------------------------------------------------------------------------------------------------------


async def only_connection() -> Connection:
    await registry().write()
    return await aside(Connection.objects.get)


async def test_a_connection_is_recorded_from_its_start_to_its_end(open_socket: OpenSocket) -> None:
    socket = await open_socket(headers=[(b"user-agent", b"test/1")])
    await socket.ask(type="ping")
    row = await only_connection()
    assert (row.user_id, row.tenant_id, row.user_agent, row.closed_at) == ("alice", "acme", "test/1", None)
    await socket.leave(1001)
    row = await only_connection()
    assert row.closed_at is not None and (row.close_code, row.close_reason) == (1001, "client")
    assert (row.messages_in, row.messages_out) == (1, 2) and registry().open == {}


@pytest.mark.parametrize("code", [CloseCode.DRAIN, CloseCode.CONNECTION_LIMIT, CloseCode.REVOKED])
async def test_the_server_says_goodbye_before_it_closes(code: CloseCode, open_socket: OpenSocket) -> None:
    socket = await open_socket()
    (connection,) = registry().open.values()
    connection.close(code)
    connection.close(CloseCode.TOO_SLOW)
    goodbye = await socket.hear_goodbye()
    assert (goodbye["code"], goodbye["reconnect"], goodbye["reason"]) == (code, code.reconnect, code.reason)
    await socket.leave(code)
    assert (await only_connection()).close_reason == code.reason


async def test_after_the_goodbye_nothing_is_sent_any_more(open_socket: OpenSocket, settings: Settings) -> None:
    settings.STREAMER_INLINE_THRESHOLD_SECONDS = 0.3
    socket = await open_socket()
    await socket.say(action="zoo_slow_inline", id="late")
    (connection,) = registry().open.values()
    await until(lambda: connection.messages_in == 1, "the slow one is asked for")
    connection.close(CloseCode.DRAIN)
    await socket.hear_goodbye()
    assert await socket.is_silent(0.6)


async def test_what_comes_after_the_goodbye_is_not_answered(open_socket: OpenSocket) -> None:
    socket = await open_socket()
    (connection,) = registry().open.values()
    connection.close(CloseCode.DRAIN)
    await socket.hear_goodbye()
    await socket.say(action="echo_async", id=str(uuid4()))
    assert await socket.is_silent()


async def test_a_client_that_reads_too_slowly_is_told_and_closed(
    open_socket: OpenSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "_OUTBOX_BYTES", 20_000)
    reads = asyncio.Event()
    reads.set()
    send, close = consumer.StreamerConsumer._send_text, ending.Ending.begin

    async def send_once_it_reads(self: consumer.StreamerConsumer, text: str) -> None:
        await reads.wait()
        await send(self, text)

    def close_and_let_read(self: ending.Ending, code: CloseCode) -> None:
        close(self, code)
        reads.set()

    monkeypatch.setattr(consumer.StreamerConsumer, "_send_text", send_once_it_reads)
    monkeypatch.setattr(ending.Ending, "begin", close_and_let_read)
    socket = await open_socket()
    reads.clear()
    for _ in range(100):
        await socket.say(action="echo", payload={"message": "x" * 10_000})
    goodbye = await socket.hear_goodbye()
    assert goodbye["code"] == 4002 and goodbye["reconnect"]


def sabotage_sending(monkeypatch: pytest.MonkeyPatch, instead: Callable[[], Awaitable[Any]]) -> None:
    """Let only the welcome through."""
    send = consumer.StreamerConsumer._send_text

    async def sabotaged(self: consumer.StreamerConsumer, text: str) -> None:
        await (send(self, text) if '"welcome"' in text else instead())

    monkeypatch.setattr(consumer.StreamerConsumer, "_send_text", sabotaged)


class Cut:
    """The transport of a client that never reads: it can only be cut."""

    def __init__(self) -> None:
        self.done = asyncio.Event()

    def abort(self) -> None:
        self.done.set()


async def test_who_does_not_even_read_the_goodbye_is_cut_off(
    open_socket: OpenSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending, "_LAST_WORDS_SECONDS", 0.2)
    transport = Cut()
    monkeypatch.setattr(consumer, "transport_of", lambda scope: transport)

    sabotage_sending(monkeypatch, lambda: asyncio.Event().wait())
    socket = await open_socket()
    (connection,) = registry().open.values()
    connection.close(CloseCode.REVOKED)
    await asyncio.wait_for(transport.done.wait(), 5)
    await socket.leave(1006)
    assert (await only_connection()).close_code == 4501


async def test_a_task_that_fails_ends_the_connection_and_leaves_a_line(
    open_socket: OpenSocket, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail() -> None:
        raise RuntimeError("the server refuses to send this")

    sabotage_sending(monkeypatch, fail)
    socket = await open_socket()
    (connection,) = registry().open.values()
    await socket.say(type="ping")
    with pytest.raises(AssertionError, match="closed with 4004"):
        await socket.hear()
    await socket.leave(4004)
    (line,) = [record for record in caplog.records if record.message == "A task of a connection failed"]
    assert line.exc_info and line.__dict__["connection_id"] == str(connection.id)
    assert (await only_connection()).close_reason == "server_error"


async def test_the_clean_up_goes_on_when_a_part_of_it_fails(
    open_socket: OpenSocket, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("this part cannot be ended")

    socket = await open_socket()
    await socket.ask(type="ping")
    monkeypatch.setattr(TokenExpiry, "stop", fail)
    monkeypatch.setattr(Backpressure, "end", fail)
    await socket.leave(1001)
    assert registry().open == {} and (await only_connection()).close_code == 1001
    failed = [line.message for line in caplog.records if line.exc_info]
    assert failed == [f"A part of a connection could not be ended: {name}" for name in ("expiry", "backpressure")]


async def test_a_goodbye_that_fails_after_the_end_is_a_line_and_nothing_more(caplog: pytest.LogCaptureFixture) -> None:
    over = ending.Ending(AsyncMock(), Cut())
    over.connection = make()
    over.outbox = Outbox(AsyncMock(), longest_bytes=1, on_overflow=lambda: None, on_failure=over.notice)
    over.finish(1000, {})
    over.notice(RuntimeError("the server refuses to send this"))
    (line,) = [record for record in caplog.records if record.exc_info]
    assert over.code is None and line.message == "A task of a connection failed"


async def test_an_answer_that_is_too_large_is_an_error_and_nothing_more(
    open_socket: OpenSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oversized, "MAX_BYTES", 5_000)
    socket = await open_socket()
    answer = await socket.ask(action="echo", payload={"message": "x" * 5_000}, id="large")
    assert (answer["type"], answer["id"], answer["error"]["code"]) == ("error", "large", "PAYLOAD_TOO_LARGE")
    assert (await socket.ask(type="ping"))["type"] == "pong"


def test_who_may_come_back_is_spread_and_who_would_be_refused_again_waits() -> None:
    waits = {code: {after_ms(code) for _ in range(200)} for code in CloseCode}
    for code, seen in waits.items():
        assert len(seen) > 100 and min(seen) > 0
        assert code.reconnect or min(seen) >= 60_000
    assert min(waits[CloseCode.CONNECTION_LIMIT]) >= 30_000 and max(waits[CloseCode.CONNECTION_LIMIT]) > 45_000
    assert min(waits[CloseCode.TOKEN_EXPIRED]) >= 1_000 and max(waits[CloseCode.DRAIN]) < 3_000


async def test_who_comes_while_the_server_is_stopping_is_told_to_come_back(open_socket: OpenSocket) -> None:
    drain().begun = True
    goodbye = await (await open_socket()).hear_goodbye()
    assert (goodbye["code"], goodbye["reconnect"]) == (4000, True) and 0 < goodbye["after_ms"] < 3000
