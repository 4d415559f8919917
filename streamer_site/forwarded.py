"""Decide what a proxy's headers say about a connection, before anything reads them.

The claims of a trusted proxy take their places in the ASGI scope. Those of anybody else are taken away.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.conf import settings

from realtime.limits.addresses import client_address, comes_from_proxy

_HOST: Final = b"host"
_FORWARDED_HOST: Final = b"x-forwarded-host"
_CLAIMS: Final = frozenset({b"x-forwarded-for", b"x-forwarded-proto", _FORWARDED_HOST})

Headers = Iterable[tuple[bytes, bytes]]


def with_proxy_headers(scope: Mapping[str, Any]) -> dict[str, Any]:
    """Return the scope of a request or a socket as the client sees it: its address, its host and its path prefix."""
    prefix = settings.FORCE_SCRIPT_NAME or ""
    if not comes_from_proxy(scope):
        headers = [(name, value) for name, value in scope["headers"] if name not in _CLAIMS]
        return {**scope, "headers": headers, "root_path": prefix}
    client = scope.get("client")
    return {
        **scope,
        "headers": _with_host(scope["headers"]),
        "root_path": prefix or scope.get("root_path", ""),
        "client": (client_address(scope), client[1]) if client else (client_address(scope), 0),
    }


def _with_host(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Put the host that the client asked the proxy for in the place of the one that the proxy asked for."""
    found = list(headers)
    hosts = [value for name, value in found if name == _FORWARDED_HOST]
    if not hosts:
        return found
    host = hosts[-1].rpartition(b",")[2].strip()
    return [*((name, value) for name, value in found if name not in (_HOST, _FORWARDED_HOST)), (_HOST, host)]
