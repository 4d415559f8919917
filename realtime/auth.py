"""The identity of a client, which comes from a verified token alone."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings
from jwt.exceptions import InvalidSubjectError, PyJWKClientConnectionError, PyJWTError
from rest_framework_simplejwt.exceptions import ExpiredTokenError, TokenError
from rest_framework_simplejwt.tokens import AccessToken

from jobs.errors import ErrorBody, ErrorCode, error_body
from jobs.jsonable import is_storable

SUBPROTOCOL = "streamer.v1"
_BEARER_SUBPROTOCOL = "bearer."
_ALL = "*"
_LONGEST = {"sub": 150, "tenant_id": 128}
_LATEST_EXPIRY = 2**53


class Unauthorized(Exception):
    """The token is missing or invalid. ``reason`` is a fixed word for programs, the text is for people."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason

    def body(self) -> ErrorBody:
        return error_body(ErrorCode.UNAUTHORIZED, str(self), details={"reason": self.reason})


class KeysUnavailable(Exception):
    """The server that publishes the signing keys does not answer, so no token can be verified now."""

    def body(self) -> ErrorBody:
        return error_body(ErrorCode.SERVICE_UNAVAILABLE, "Tokens cannot be checked right now", retry_after=5.0)


@dataclass(frozen=True, kw_only=True)
class Identity:
    """The claims of a verified token."""

    user_id: str
    tenant_id: str
    permissions: frozenset[str]
    expires_at: float
    """Unix seconds, as the token says."""

    @property
    def refused_at(self) -> float:
        """Unix seconds from which the token is no longer taken: its expiry and the leeway for clocks that differ."""
        leeway: timedelta = settings.SIMPLE_JWT["LEEWAY"]
        return self.expires_at + leeway.total_seconds()

    @property
    def expires_in(self) -> float:
        """Seconds until the token expires; 0 within the leeway."""
        return max(0.0, round(self.expires_at - time.time(), 1))

    def may(self, permission: str | None) -> bool:
        return permission is None or permission in self.permissions or _ALL in self.permissions


class _Token(AccessToken):
    """An access token of Streamer or of another issuer, which sets no ``token_type``. Streamer's refresh tokens do."""

    def verify(self) -> None:
        """Refuse other tokens. Unlike the base class, ask for no claims that only Streamer's tokens have."""
        if self.payload.get("token_type", "access") != "access":
            raise TokenError("This is not an access token")


def verify(token: str) -> Identity:
    """Check signature, times, issuer, audience and claims. May block for seconds where keys come from a URL."""
    try:
        claims = _Token(token).payload  # type: ignore[arg-type]
    except ExpiredTokenError:
        raise Unauthorized("token_expired", "The token has expired") from None
    except TokenError as error:
        if _is_caused_by(error, PyJWKClientConnectionError):
            raise KeysUnavailable from error
        if _is_caused_by(error, InvalidSubjectError):
            raise Unauthorized("claim_invalid", "The claim 'sub' must be a text") from None
        raise Unauthorized("token_invalid", "The token is not valid") from None
    except (PyJWTError, ValueError) as error:  # simplejwt does not catch the errors of a broken key server
        raise KeysUnavailable from error
    return read_claims(claims)


def token_of(headers: Iterable[tuple[bytes, bytes]], subprotocols: Iterable[str], query: bytes) -> str:
    """Find the token of a handshake in header, subprotocol or query string. Raises ``Unauthorized`` without one."""
    for header, value in headers:
        if header == b"authorization":
            return _bearer(value.decode("latin-1"))
    for subprotocol in subprotocols:
        if subprotocol.startswith(_BEARER_SUBPROTOCOL):
            return subprotocol.removeprefix(_BEARER_SUBPROTOCOL)
    if settings.STREAMER_QUERY_TOKENS:
        fields = parse_qs(query.decode("latin-1"))
        for name in ("Authorization", "token"):
            if fields.get(name):
                return _bearer(fields[name][0])
    raise Unauthorized("token_missing", "No token was sent")


def _is_caused_by(error: BaseException | None, kind: type[BaseException]) -> bool:
    while error is not None and not isinstance(error, kind):
        error = error.__cause__
    return error is not None


def _bearer(value: str) -> str:
    scheme, _, rest = value.partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else value.strip()


def read_claims(claims: Mapping[str, Any]) -> Identity:
    """Read the claims. Raises ``Unauthorized`` for missing or malformed ones."""
    return Identity(
        user_id=_text(claims, "sub"),
        tenant_id=_text(claims, "tenant_id"),
        permissions=_permissions(claims.get("permissions", [])),
        expires_at=_expiry(claims.get("exp")),
    )


def _expiry(value: Any) -> float:
    if value is None:
        raise Unauthorized("claim_missing", "The token has no expiry (claim 'exp')")
    if not isinstance(value, int | float) or value > _LATEST_EXPIRY:
        raise Unauthorized("claim_invalid", "The claim 'exp' must be a time in Unix seconds")
    return float(value)


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if value is None or value == "":
        raise Unauthorized("claim_missing", f"The token has no claim '{name}'")
    if not isinstance(value, str) or len(value) > _LONGEST[name] or not is_storable(value):
        raise Unauthorized("claim_invalid", f"The claim '{name}' must be a text of at most {_LONGEST[name]} characters")
    return value


def _permissions(value: Any) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) and is_storable(item) for item in value):
        raise Unauthorized("claim_invalid", "The claim 'permissions' must be a list of texts")
    return frozenset(value)
