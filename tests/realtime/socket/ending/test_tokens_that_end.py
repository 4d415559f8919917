"""The end of a token during a connection: a warning, a grace, and a fresh token that goes on."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pytest_django import Settings

from realtime.auth import Unauthorized, verify
from realtime.connections.validity import token_expiry
from realtime.connections.validity.token_expiry import TokenExpiry
from tests.conftest import MakeToken
from tests.realtime.conftest import OpenSocket
from tests.realtime.signing import UseBackend
from tests.realtime.sockets import aside
from tests.realtime.timers import Timers

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_expiry, "GRACE_SECONDS", 0.0)


@pytest.fixture
def leeway(settings: Settings, use_backend: UseBackend) -> Callable[[float], None]:
    """``leeway(seconds)``: as ``JWT_LEEWAY_SECONDS`` would be."""

    def set_leeway(seconds: float) -> None:
        value = timedelta(seconds=seconds)
        settings.SIMPLE_JWT = {**settings.SIMPLE_JWT, "LEEWAY": value}
        use_backend(leeway=value)

    return set_leeway


@pytest.fixture
def timers(monkeypatch: pytest.MonkeyPatch) -> Timers:
    timers = Timers()
    monkeypatch.setattr(token_expiry, "asyncio", timers)
    monkeypatch.setattr(token_expiry, "time", timers)
    return timers


async def test_a_token_that_expires_is_announced_and_ends_the_connection(
    open_socket: OpenSocket, leeway: Callable[[float], None], no_grace: None, timers: Timers
) -> None:
    leeway(0)
    socket = await open_socket(ttl_seconds=600)
    timers.advance(570)
    warning = await socket.hear("token_expiring")
    assert 0 < warning["expires_in"] <= 600
    assert (await socket.ask(type="ping"))["type"] == "pong"
    timers.advance(60)
    goodbye = await socket.hear_goodbye()
    assert (goodbye["code"], goodbye["reconnect"]) == (4010, True) and goodbye["after_ms"] >= 1_000


async def test_a_client_has_a_grace_for_a_fresh_token(
    open_socket: OpenSocket, leeway: Callable[[float], None], make_token: MakeToken, timers: Timers
) -> None:
    leeway(0)
    late, later = await open_socket(ttl_seconds=600), await open_socket(ttl_seconds=600)
    timers.advance(590)
    for socket in (late, later):
        await socket.hear("token_expiring")
    timers.advance(20 + token_expiry.GRACE_SECONDS / 4)
    answer = await late.ask(type="authenticate", token=make_token(ttl_seconds=6_000))
    assert answer["type"] == "authenticated"
    timers.advance(20 + token_expiry.GRACE_SECONDS)
    assert (await later.hear_goodbye())["code"] == 4010
    assert (await late.ask(type="ping"))["type"] == "pong"


async def test_a_token_within_the_leeway_is_good_until_a_handshake_would_refuse_it(
    open_socket: OpenSocket, leeway: Callable[[float], None], make_token: MakeToken, no_grace: None, timers: Timers
) -> None:
    leeway(60)
    socket = await open_socket(ttl_seconds=-30)
    assert (await socket.hear("token_expiring"))["expires_in"] == 0
    assert (await socket.ask(type="ping"))["type"] == "pong"
    answer = await socket.ask(type="authenticate", token=make_token(ttl_seconds=-20))
    assert (answer["type"], answer["token_expires_in"]) == ("authenticated", 0)
    await socket.hear("token_expiring")
    leeway(45)
    answer = await socket.ask(type="authenticate", token=make_token(ttl_seconds=-30))
    assert answer["type"] == "authenticated"
    await socket.hear("token_expiring")
    timers.advance(10)
    assert (await socket.ask(type="ping"))["type"] == "pong"
    timers.advance(20)
    assert (await socket.hear_goodbye())["code"] == 4010
    with pytest.raises(Unauthorized, match="expired"):
        await aside(verify, make_token(ttl_seconds=-45))


async def test_a_fresh_token_extends_the_connection(
    open_socket: OpenSocket, make_token: MakeToken, timers: Timers
) -> None:
    socket = await open_socket(ttl_seconds=600)
    timers.advance(590)
    await socket.hear("token_expiring")
    answer = await socket.ask(type="authenticate", token=make_token(ttl_seconds=6_000), id="again")
    assert (answer["type"], answer["id"]) == ("authenticated", "again") and answer["token_expires_in"] > 5_900
    timers.advance(300)
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


async def test_a_token_with_a_short_life_does_not_keep_the_loop_busy(
    open_socket: OpenSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    socket = await open_socket(ttl_seconds=50)
    await socket.hear("token_expiring")
    looks, wait = list[int](), TokenExpiry._wait

    def counted(self: TokenExpiry, *args: Any) -> None:
        looks.append(1)
        wait(self, *args)

    monkeypatch.setattr(TokenExpiry, "_wait", counted)
    assert await socket.is_silent(0.5)
    assert looks == []
