"""Addresses of clients, as limits count them."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from django.conf import settings
from rest_framework.throttling import BaseThrottle

# Whoever has one address of IPv6 has all of its network.
_IPV6_PREFIX = 64
_MAX_CHARACTERS = 64


@lru_cache(4_096)
def network_of(address: str) -> str:
    """Return what counts together: an address of IPv4, a network of IPv6. Other texts stand for themselves."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:_MAX_CHARACTERS]
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ip_network((int(parsed), _IPV6_PREFIX), strict=False))


def client_address(scope: Mapping[str, Any]) -> str:
    """Return the address of the client: as a trusted proxy says, or the other end of the connection."""
    forwarded = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    if forwarded and comes_from_proxy(scope):
        # The proxy adds the last one. What stands before it is the client's own claim.
        return str(forwarded[-1].decode("latin-1").rpartition(",")[2].strip()[:64])
    return str((scope.get("client") or ("",))[0])


def address_of(request: Any) -> str:
    """Do as ``client_address`` for a request of the REST framework, or of Django."""
    return str(BaseThrottle().get_ident(request) or "")


def comes_from_proxy(scope: Mapping[str, Any]) -> bool:
    """Return True if the other end of the connection is a proxy whose headers count.

    Its address is one of ``TRUSTED_PROXIES``; without any, each address is one, and without ``TRUST_PROXY``, none is.
    Who connects over a Unix socket has no address: the permissions of its file have let it in.
    """
    if not settings.TRUST_PROXY:
        return False
    trusted: Sequence[str] = settings.TRUSTED_PROXIES
    address = (scope.get("client") or ("",))[0]
    return not trusted or not address or _is_within(str(address), tuple(trusted))


@lru_cache(4_096)
def _is_within(address: str, networks: tuple[str, ...]) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return any(parsed in network for network in _networks(networks))


@lru_cache(16)
def _networks(texts: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(text, strict=False) for text in texts)
