"""Mistakes across settings, found by ``manage.py check`` and at every start of a command."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

_ALGORITHMS = ("HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512")
_SHORTEST_KEY = 32
_SHORTEST_LEASE_SECONDS = 2


@register()
def check_settings(**_: Any) -> list[CheckMessage]:
    return [*_token_faults(), *_request_faults()]


def _token_faults() -> Iterator[CheckMessage]:
    algorithm = settings.SIMPLE_JWT["ALGORITHM"]
    if algorithm not in _ALGORITHMS:
        yield Error(f"JWT_ALGORITHM is '{algorithm}'", hint=f"One of {', '.join(_ALGORITHMS)}.", id="streamer.E001")
    elif algorithm.startswith("HS"):
        if len(settings.JWT_SIGNING_KEY.encode()) < _SHORTEST_KEY:
            hint = "python -c 'import secrets; print(secrets.token_urlsafe(48))' makes a good one."
            yield Error(f"JWT_SIGNING_KEY is shorter than {_SHORTEST_KEY} bytes", hint=hint, id="streamer.E002")
    elif not (settings.SIMPLE_JWT["VERIFYING_KEY"] or settings.SIMPLE_JWT["JWK_URL"]):
        hint = "Set JWT_VERIFYING_KEY (PEM) or JWT_JWKS_URL."
        yield Error(f"Nothing to verify {algorithm} tokens with", hint=hint, id="streamer.E003")


def _request_faults() -> Iterator[CheckMessage]:
    if settings.STREAMER_LEASE_SECONDS < _SHORTEST_LEASE_SECONDS:
        hint = f"A running request renews its lease about once a second; {_SHORTEST_LEASE_SECONDS} is the least."
        yield Error("STREAMER_LEASE_SECONDS is too short", hint=hint, id="streamer.E004")
    for name in ("STREAMER_MAX_RUNNING_PER_USER", "STREAMER_MAX_WAITING_PER_USER", "STREAMER_INLINE_THREADS"):
        if getattr(settings, name) < 1:
            yield Error(f"{name} must be at least 1", hint="With 0 nothing would ever be done.", id="streamer.E005")
