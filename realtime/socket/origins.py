"""The check of the web pages that may open a socket. Browsers send the origin of a page, other clients send none."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host


def is_origin_allowed(origin: str | None) -> bool:
    """Return True without an Origin (no browser), for one of ``STREAMER_ALLOWED_ORIGINS``, or for an own host."""
    if origin is None or origin in settings.STREAMER_ALLOWED_ORIGINS or "*" in settings.STREAMER_ALLOWED_ORIGINS:
        return True
    try:
        host = urlsplit(origin).hostname
    except ValueError:
        return False
    return bool(host) and validate_host(f"[{host}]" if ":" in str(host) else str(host), settings.ALLOWED_HOSTS)
