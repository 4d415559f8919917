"""The URLs of a service."""

import pytest

from streamer_client.address import parse_address


@pytest.mark.parametrize(
    ("url", "socket", "http"),
    [
        ("https://a.example", "wss://a.example/ws/", "https://a.example/"),
        ("http://127.0.0.1:8000/", "ws://127.0.0.1:8000/ws/", "http://127.0.0.1:8000/"),
        ("wss://a.example/ws/", "wss://a.example/ws/", "https://a.example/"),
        ("https://a.example/jobs", "wss://a.example/jobs/ws/", "https://a.example/jobs/"),
        ("ws://a.example/jobs/ws/", "ws://a.example/jobs/ws/", "http://a.example/jobs/"),
    ],
)
def test_either_url_gives_both(url: str, socket: str, http: str) -> None:
    address = parse_address(url)
    assert (address.websocket_url, address.http_url) == (socket, http)


@pytest.mark.parametrize("url", ["", "a.example", "ftp://a.example", "https://"])
def test_another_text_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="begins with https"):
        parse_address(url)


def test_paths_are_of_the_service() -> None:
    address = parse_address("https://a.example/jobs/")
    assert address.url("/api/artifacts/1/?a=b") == "https://a.example/jobs/api/artifacts/1/?a=b"
    assert address.url("/jobs/api/artifacts/1/") == "https://a.example/jobs/api/artifacts/1/"
    assert address.is_ours("https://a.example/x") and not address.is_ours("http://a.example/x")
