"""The identity of a client, which comes from a verified token alone."""

import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from django.conf import settings
from jwt.exceptions import InvalidSubjectError, PyJWKClientConnectionError, PyJWTError
from rest_framework_simplejwt import state
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import ExpiredTokenError, TokenError
from rest_framework_simplejwt.tokens import AccessToken

from jobs.errors import ErrorBody, ErrorCode, error_body
from jobs.jsonable import is_storable
from realtime.permissions import grants
from realtime.signing_keys.earlier import with_earlier_keys
from realtime.signing_keys.issuer import with_issuer_keys

_BEARER_SUBPROTOCOL = "bearer."
_LONGEST = {"sub": 150, "tenant_id": 128}
_LATEST_EXPIRY = 2**53
MAX_VERIFIED = 10_000
"""The most verified tokens that are remembered, by their hash. The oldest are forgotten first."""
_keeping = threading.Lock()


def precise_now() -> float:
    """Return the time for the claim ``iat``, in Unix seconds to the microsecond.

    Most issuers count whole seconds. A revocation in the same second could not tell which of both came first.
    """
    return round(time.time(), 6)


class Unauthorized(Exception):
    """The token is missing or invalid. ``reason`` is a fixed word for programs, the text is for people."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason
        self.identity: Identity | None = None
        """The owner of the token; None unless it was verified."""

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
    issued_at: float = 0.0
    """Unix seconds, as the token says. 0 if it does not: it may have been issued at any time."""
    token_id: str = ""
    """The claim ``jti``; empty without one."""
    request_id: UUID | None = None
    """The only request that the token reaches, to read it. None: whatever its user may."""
    session_key: str = ""
    """The key of Django's session that stands for a token; empty where there is one."""
    sign_in_id: str = ""
    """The claim ``sid``, which all tokens of one sign-in have in common; empty without one."""

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
        return grants(self.permissions, permission)


class _Token(AccessToken):
    """An access token of Streamer or of another issuer, which sets no ``token_type``. Streamer's refresh tokens do."""

    def get_token_backend(self) -> Any:
        return with_earlier_keys(with_issuer_keys(super().get_token_backend()))

    def verify(self) -> None:
        """Refuse other tokens. Unlike the base class, ask for no claims that only Streamer's tokens have."""
        if self.payload.get("token_type", "access") != "access":
            raise TokenError("This is not an access token")


def has_issuer_keys() -> bool:
    """Return True where keys come from a URL, so that ``verify`` may have to wait for them."""
    return state.token_backend.jwks_client is not None


def verify(token: str) -> Identity:
    """Check signature, times, issuer, audience and claims. May block for seconds where keys come from a URL.

    A token that was good is good until it expires, and is then not checked again, unless its issuer may withdraw the
    key. Whatever else may end it, such as a revocation, must be asked for apart from this.
    """
    if has_issuer_keys():
        return _verify(token)
    verified = _verified_by(state.token_backend)
    digest = sha256(token.encode("utf-8", "surrogatepass")).digest()
    identity = verified.get(digest)
    if identity is None or time.time() >= identity.refused_at:
        identity = _verify(token)
        with _keeping:
            while len(verified) >= MAX_VERIFIED:
                del verified[next(iter(verified))]
            verified[digest] = identity
    return identity


def _verify(token: str) -> Identity:
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


@lru_cache(1)
def _verified_by(backend: TokenBackend) -> dict[bytes, Identity]:
    """Return the verified tokens, which are good for this configuration alone."""
    return {}


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


def read_claims(claims: Mapping[str, Any], *, session_key: str = "") -> Identity:
    """Read the claims, of a token or of a session. Raises ``Unauthorized`` for missing or malformed ones."""
    return Identity(
        user_id=_text(claims, "sub"),
        tenant_id=_text(claims, "tenant_id"),
        permissions=_permissions(claims.get("permissions", [])),
        expires_at=_expiry(claims.get("exp")),
        issued_at=_issue(claims.get("iat")),
        token_id=str(claims.get("jti") or ""),
        session_key=session_key,
        sign_in_id=str(claims.get("sid") or ""),
    )


def _expiry(value: Any) -> float:
    if value is None:
        raise Unauthorized("claim_missing", "The token has no expiry (claim 'exp')")
    if not isinstance(value, int | float) or value > _LATEST_EXPIRY:
        raise Unauthorized("claim_invalid", "The claim 'exp' must be a time in Unix seconds")
    return float(int(value))  # as PyJWT reads it, so that all agree on the moment of the expiry


def _issue(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and abs(value) <= _LATEST_EXPIRY else 0.0


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
