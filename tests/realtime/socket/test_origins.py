import pytest
from pytest_django import Settings

from realtime.socket.origins import is_origin_allowed
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
