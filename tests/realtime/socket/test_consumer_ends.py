import time
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from pytest_django import Settings

from realtime.auth import Unauthorized, verify
from realtime.connections.drain import after_ms
from realtime.connections.rows import revoke
from realtime.models import Connection
from realtime.shared import drain, registry
from realtime.socket import consumer
from realtime.wire.close_codes import CloseCode
from tests.conftest import MakeToken
from tests.realtime.conftest import OpenSocket
from tests.realtime.signing import UseBackend
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


# --- tokens that end -------------------------------------------------------------------------------------------------


@pytest.fixture
def leeway(settings: Settings, use_backend: UseBackend) -> Callable[[float], None]:
    """``leeway(seconds)``: as ``JWT_LEEWAY_SECONDS`` would be."""

    def set_leeway(seconds: float) -> None:
        value = timedelta(seconds=seconds)
        settings.SIMPLE_JWT = {**settings.SIMPLE_JWT, "LEEWAY": value}
        use_backend(leeway=value)

    return set_leeway


async def test_a_token_that_expires_is_announced_and_ends_the_connection(
    open_socket: OpenSocket, leeway: Callable[[float], None]
) -> None:
    leeway(0)
    socket = await open_socket(ttl_seconds=2)
    warning = await socket.hear("token_expiring")
    assert 0 < warning["expires_in"] <= 2
    goodbye = await socket.hear_goodbye()
    assert (goodbye["code"], goodbye["reconnect"]) == (4010, True) and goodbye["after_ms"] >= 1_000


async def test_a_token_within_the_leeway_is_good_until_a_handshake_would_refuse_it(
    open_socket: OpenSocket, leeway: Callable[[float], None], make_token: MakeToken
) -> None:
    leeway(60)
    socket = await open_socket(ttl_seconds=-30)
    assert (await socket.hear("token_expiring"))["expires_in"] == 0
    assert await socket.is_silent(0.5)
    assert (await socket.ask(type="ping"))["type"] == "pong"
    answer = await socket.ask(type="authenticate", token=make_token(ttl_seconds=-20))
    assert (answer["type"], answer["token_expires_in"]) == ("authenticated", 0)
    leeway(32)
    await socket.ask(type="authenticate", token=make_token(ttl_seconds=-30))
    assert (await socket.hear_goodbye())["code"] == 4010
    with pytest.raises(Unauthorized, match="expired"):
        await aside(verify, make_token(ttl_seconds=-32))


async def test_a_fresh_token_extends_the_connection(open_socket: OpenSocket, make_token: MakeToken) -> None:
    socket = await open_socket(ttl_seconds=5)
    seconds = (await socket.hear("token_expiring"))["expires_in"]
    answer = await socket.ask(type="authenticate", token=make_token(ttl_seconds=600), id="again")
    assert (answer["type"], answer["id"]) == ("authenticated", "again") and answer["token_expires_in"] > 590
    assert await socket.is_silent(seconds + 0.5)
    assert (await socket.ask(type="ping"))["type"] == "pong"


async def test_its_permissions_hold_from_then_on(open_socket: OpenSocket, make_token: MakeToken) -> None:
    socket = await open_socket(permissions=())
    refused = await socket.ask(action="zoo_locked", id="first")
    assert refused["error"]["code"] == "FORBIDDEN" and refused["error"]["details"] == {"permission": "zoo.enter"}
    await socket.ask(type="authenticate", token=make_token(permissions=("zoo.enter",)))
    assert (await socket.ask(action="zoo_locked"))["data"] == {"inside": True}
    await socket.ask(type="authenticate", token=make_token(permissions=()))
    assert (await socket.ask(action="zoo_locked"))["error"]["code"] == "FORBIDDEN"


@pytest.mark.parametrize("other", [{"user": "bob"}, {"tenant": "other"}])
async def test_a_token_of_somebody_else_changes_nothing(
    other: dict[str, str], open_socket: OpenSocket, make_token: MakeToken
) -> None:
    socket = await open_socket()
    error = (await socket.ask(type="authenticate", token=make_token(**other)))["error"]
    assert error["code"] == "UNAUTHORIZED" and error["details"] == {"reason": "other_identity"}
    answer = await socket.ask(type="authenticate", token=make_token(ttl_seconds=-60))
    assert answer["error"]["details"] == {"reason": "token_expired"}
    assert (await socket.ask(type="ping"))["type"] == "pong"


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
    socket = await open_socket()
    for _ in range(100):
        await socket.say(action="echo", payload={"message": "x" * 10_000})
    goodbye = await socket.hear_goodbye()
    assert goodbye["code"] == 4002 and goodbye["reconnect"]


async def test_a_token_with_a_short_life_does_not_keep_the_loop_busy(open_socket: OpenSocket) -> None:
    socket = await open_socket(ttl_seconds=50)
    await socket.hear("token_expiring")
    started = time.thread_time()
    assert await socket.is_silent(0.5)
    assert time.thread_time() - started < 0.25


def test_who_may_come_back_is_spread_and_who_would_be_refused_again_waits() -> None:
    waits = {code: {after_ms(code) for _ in range(200)} for code in CloseCode}
    for code, seen in waits.items():
        assert (len(seen) > 100 and min(seen) > 0) if code.reconnect else seen == {0}
    assert min(waits[CloseCode.CONNECTION_LIMIT]) >= 30_000 and max(waits[CloseCode.CONNECTION_LIMIT]) > 45_000
    assert min(waits[CloseCode.TOKEN_EXPIRED]) >= 1_000 and max(waits[CloseCode.DRAIN]) < 3_000


async def test_who_comes_while_the_server_is_stopping_is_told_to_come_back(open_socket: OpenSocket) -> None:
    drain().begun = True
    goodbye = await (await open_socket()).hear_goodbye()
    assert (goodbye["code"], goodbye["reconnect"]) == (4000, True) and 0 < goodbye["after_ms"] < 3000
