"""The checks of a handshake's ``Host`` and ``Origin``: what the client asked for, and which page it is.

Browsers send the origin of a page, other clients send none.
"""

from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host


def is_host_allowed(host: str | None) -> bool:
    """Return True for a host of ``ALLOWED_HOSTS``, which Django asks of HTTP requests. The port does not matter."""
    domain, _ = split_domain_port(host or "")
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)


def is_origin_allowed(origin: str | None) -> bool:
    """Return True without an Origin (no browser), for one of ``STREAMER_ALLOWED_ORIGINS``, or for an own host."""
    if origin is None or origin in settings.STREAMER_ALLOWED_ORIGINS or "*" in settings.STREAMER_ALLOWED_ORIGINS:
        return True
    try:
        host = urlsplit(origin).hostname
    except ValueError:
        return False
    return bool(host) and validate_host(f"[{host}]" if ":" in str(host) else str(host), settings.ALLOWED_HOSTS)
