"""The version of the protocol is agreed on in the handshake, or the client is told that it cannot be."""

import logging

import pytest

from realtime.shared import registry
from realtime.socket.handshake import identifying
from tests.conftest import MakeToken
from tests.realtime.sockets import Socket, end_all_tasks

pytestmark = pytest.mark.django_db(transaction=True)


async def test_it_works(make_token: MakeToken) -> None:
    socket = await Socket(subprotocols=["streamer.v2", "streamer.v1", f"bearer.{make_token()}"]).open()
    assert socket.subprotocol == "streamer.v1" and (await socket.hear("welcome"))["protocol"] == "streamer.v1"
    await socket.leave()
    await end_all_tasks()


async def test_a_client_without_a_version_speaks_the_first_one(make_token: MakeToken) -> None:
    for subprotocols, headers in (
        ([f"bearer.{make_token()}"], []),
        ([], [(b"authorization", f"Bearer {make_token()}".encode())]),
    ):
        socket = await Socket(subprotocols=subprotocols, headers=headers).open()
        assert socket.accepted and socket.subprotocol is None
        assert (await socket.hear("welcome"))["protocol"] == "streamer.v1"
        await socket.leave()
    await end_all_tasks()


async def test_other_versions_alone_are_refused_before_the_token_is_looked_at(
    make_token: MakeToken, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[str] = []
    monkeypatch.setattr(identifying, "verify", seen.append)
    with caplog.at_level(logging.WARNING):
        socket = await Socket(subprotocols=["streamer.v2", f"bearer.{make_token()}"]).open()
        assert socket.accepted and socket.subprotocol is None
        error = (await socket.hear("error"))["error"]
        assert (error["code"], error["details"]) == ("VALIDATION_ERROR", {"supported": ["streamer.v1"]})
        goodbye = await socket.hear_goodbye()
    assert (goodbye["code"], goodbye["reason"], goodbye["reconnect"]) == (4502, "unsupported_version", False)
    assert goodbye["after_ms"] >= 60_000
    assert seen == [] and not registry().open
    assert [record.reason for record in caplog.records if "refused" in record.message] == ["unsupported_version"]  # type: ignore[attr-defined]
    await socket.leave()
