"""Handshakes that come too fast are told to come back later, before they cost much."""

import pytest
from pytest_django import Settings

from realtime.limits.shared_buckets import BURST_SECONDS
from realtime.shared import registry
from realtime.socket.handshake import identifying
from tests.realtime.conftest import MakeToken, OpenSocket
from tests.realtime.sockets import Socket, end_all_tasks

pytestmark = pytest.mark.django_db(transaction=True)
# One at once, and the next after ten seconds.
_ONE = 1 / BURST_SECONDS


def from_address(address: str, token: str) -> Socket:
    return Socket(headers=[(b"x-forwarded-for", address.encode()), (b"authorization", f"Bearer {token}".encode())])


async def assert_told_to_come_back(socket: Socket) -> None:
    error = (await socket.hear("error"))["error"]
    assert (error["code"], error["retryable"]) == ("RATE_LIMITED", True) and 0 < error["retry_after"] <= 20
    goodbye = await socket.hear_goodbye()
    assert (goodbye["code"], goodbye["reconnect"]) == (4021, True) and goodbye["after_ms"] >= 5_000
    await socket.leave()


async def test_a_user_who_connects_too_often_is_told_to_come_back(
    settings: Settings, open_socket: OpenSocket, make_token: MakeToken
) -> None:
    settings.STREAMER_CONNECTS_PER_USER = _ONE
    await open_socket()
    again = await Socket(headers=[(b"authorization", f"Bearer {make_token()}".encode())]).open()
    await assert_told_to_come_back(again)
    assert len(registry().open) == 1, "no row for who was refused"
    assert (await open_socket(user="bob")).accepted


async def test_an_address_is_refused_before_its_token_is_looked_at(
    settings: Settings, make_token: MakeToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.TRUST_PROXY, settings.STREAMER_CONNECTS_PER_ADDRESS = True, _ONE
    seen: list[str] = []
    verify = identifying.verify
    monkeypatch.setattr(identifying, "verify", lambda token: seen.append(token) or verify(token))
    sockets = [await from_address("203.0.113.1", make_token(user=name)).open() for name in ("alice", "bob", "carol")]
    await sockets[0].hear("welcome")
    await assert_told_to_come_back(sockets[1])
    assert not sockets[2].accepted, "one that goes on all the same"
    elsewhere = await from_address("203.0.113.2", make_token(user="dave")).open()
    await elsewhere.hear("welcome")
    assert len(seen) == 2
    for socket in (sockets[0], sockets[2], elsewhere):
        await socket.leave()
    await end_all_tasks()
