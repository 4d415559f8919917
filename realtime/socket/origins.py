"""Which web pages may open a socket: a browser says where the page came from, other clients say nothing."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host


def is_origin_allowed(origin: str | None) -> bool:
    """True without an Origin (no browser), for one of ``STREAMER_ALLOWED_ORIGINS``, or for a host that we serve."""
    if origin is None or origin in settings.STREAMER_ALLOWED_ORIGINS or "*" in settings.STREAMER_ALLOWED_ORIGINS:
        return True
    try:
        host = urlsplit(origin).hostname
    except ValueError:
        return False
    return bool(host) and validate_host(f"[{host}]" if ":" in str(host) else str(host), settings.ALLOWED_HOSTS)
