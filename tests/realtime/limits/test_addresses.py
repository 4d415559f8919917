from typing import Any

import pytest
from pytest_django import Settings

from realtime.limits.addresses import client_address, comes_from_proxy, network_of


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("unix socket", "unix socket"),
        ("x" * 100, "x" * 64),
    ],
)
def test_what_counts_together(address: str, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("trusted", "forwarded", "expected"),
    [
        (False, ["198.51.100.9"], "203.0.113.1"),
        (True, ["198.51.100.9"], "198.51.100.9"),
        (True, ["6.6.6.6, 198.51.100.9"], "198.51.100.9"),
        (True, ["6.6.6.6", "198.51.100.9"], "198.51.100.9"),
        (True, ["x" * 1000], "x" * 64),
        (True, [], "203.0.113.1"),
    ],
)
def test_a_forwarded_address_counts_only_behind_a_proxy(
    settings: Settings, trusted: bool, forwarded: list[str], expected: str
) -> None:
    settings.TRUST_PROXY = trusted
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    scope: dict[str, Any] = {"client": ["203.0.113.1", 4711], "headers": headers}
    assert client_address(scope) == expected
    assert client_address({"client": None, "headers": []}) == ""


@pytest.mark.parametrize(
    ("peer", "is_trusted"),
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("192.0.2.7", True),
        ("192.0.2.8", False),
        ("2001:db8::5", True),
        ("2001:db9::5", False),
        ("localhost", False),
        (None, True),
    ],
)
def test_only_some_addresses_are_those_of_proxies(settings: Settings, peer: str | None, is_trusted: bool) -> None:
    settings.TRUST_PROXY, settings.TRUSTED_PROXIES = True, ["10.0.0.0/8", "192.0.2.7", "2001:db8::/32"]
    scope = {"client": [peer, 4711] if peer else None, "headers": [(b"x-forwarded-for", b"198.51.100.9")]}
    assert comes_from_proxy(scope) is is_trusted
    assert client_address(scope) == ("198.51.100.9" if is_trusted else peer)
    settings.TRUST_PROXY = False
    assert not comes_from_proxy(scope)
