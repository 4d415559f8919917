from typing import Any

import pytest
from pytest_django import Settings

from streamer_site.forwarded import with_proxy_headers

PROXY, STRANGER = "10.0.0.1", "203.0.113.1"
CLAIMS = [
    (b"host", b"web:8000"),
    (b"x-forwarded-for", b"6.6.6.6, 198.51.100.9"),
    (b"x-forwarded-proto", b"https"),
    (b"x-forwarded-host", b"evil.example, reports.example.org"),
    (b"origin", b"https://reports.example.org"),
]


@pytest.fixture(autouse=True)
def trust(settings: Settings) -> None:
    settings.TRUST_PROXY, settings.TRUSTED_PROXIES = True, [PROXY]


def scope_from(address: str | None, root_path: str = "") -> dict[str, Any]:
    client = [address, 4711] if address else None
    return {"type": "http", "client": client, "headers": CLAIMS, "root_path": root_path}


def test_it_works() -> None:
    scope = with_proxy_headers(scope_from(PROXY, "/reports"))
    headers = dict(scope["headers"])
    assert scope["client"] == ("198.51.100.9", 4711)
    assert headers[b"host"] == b"reports.example.org" and headers[b"x-forwarded-proto"] == b"https"
    assert scope["root_path"] == "/reports" and headers[b"origin"] == b"https://reports.example.org"


def test_what_a_stranger_claims_is_taken_away() -> None:
    scope = with_proxy_headers(scope_from(STRANGER, "/reports"))
    assert scope["client"] == [STRANGER, 4711] and scope["root_path"] == ""
    assert scope["headers"] == [CLAIMS[0], CLAIMS[-1]]


def test_a_proxy_on_a_unix_socket_is_believed() -> None:
    assert with_proxy_headers(scope_from(None))["client"][0] == "198.51.100.9"


def test_the_prefix_of_the_settings_goes_before_that_of_a_header(settings: Settings) -> None:
    settings.FORCE_SCRIPT_NAME = "/streamer"
    assert with_proxy_headers(scope_from(PROXY, "/reports"))["root_path"] == "/streamer"
    assert with_proxy_headers(scope_from(STRANGER, "/reports"))["root_path"] == "/streamer"


def test_the_host_stays_when_the_proxy_says_none() -> None:
    scope = {**scope_from(PROXY), "headers": [(b"host", b"reports.example.org")]}
    assert with_proxy_headers(scope)["headers"] == [(b"host", b"reports.example.org")]
