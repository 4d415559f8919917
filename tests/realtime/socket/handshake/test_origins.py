import pytest
from pytest_django import Settings

from realtime.socket.handshake.origins import is_host_allowed, is_origin_allowed
from tests.realtime.sockets import Socket


def test_it_works(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["streamer.example"]
    settings.STREAMER_ALLOWED_ORIGINS = ["https://app.example"]
    assert is_origin_allowed(None)
    assert is_origin_allowed("https://streamer.example") and is_origin_allowed("https://app.example")
    assert not is_origin_allowed("https://evil.example")


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://localhost:8000", True),
        ("http://127.0.0.1:3000", True),
        ("http://[::1]:8000", True),
        ("https://api.streamer.example", True),
        ("https://streamer.example:8443", True),
        ("https://streamer.example.evil.example", False),
        ("https://app.example.evil.example", False),
        ("https://evilstreamer.example", False),
        ("null", False),
        ("", False),
        ("file://", False),
        ("https://", False),
        ("https://[", False),
        ("https://evil.example@streamer.example.evil.example", False),
        ("http://app.example", False),
    ],
)
def test_a_page_of_a_foreign_host_is_refused(origin: str, allowed: bool, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", ".streamer.example"]
    settings.STREAMER_ALLOWED_ORIGINS = ["https://app.example"]
    assert is_origin_allowed(origin) is allowed


async def test_a_socket_opened_elsewhere_is_refused() -> None:
    for path in ("/", "/ws/else", "/wsx/", "/admin/"):
        socket = await Socket(path=path).open()
        assert not socket.accepted


def test_all_origins_can_be_allowed(settings: Settings) -> None:
    settings.STREAMER_ALLOWED_ORIGINS = ["*"]
    assert is_origin_allowed("https://anything.example")


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("streamer.example", True),
        ("API.streamer.example:8443", True),
        ("127.0.0.1:8000", True),
        ("[::1]:8000", True),
        ("evil.example", False),
        ("streamer.example.evil.example", False),
        ("streamer.example,evil.example", False),
        ("streamer.example@evil.example", False),
        ("streamer.example/", False),
        ("", False),
        (None, False),
    ],
)
def test_only_hosts_that_are_served_are_accepted(host: str | None, allowed: bool, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["127.0.0.1", "[::1]", ".streamer.example"]
    assert is_host_allowed(host) is allowed


async def test_a_handshake_for_another_host_is_refused(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["streamer.example"]
    assert not (await Socket(host=b"evil.example").open()).accepted
