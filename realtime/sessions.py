"""Identities from Django's sessions, for pages of this very site. Off unless ``STREAMER_SESSION_IDENTITY`` is set."""

import hashlib
import logging
from collections.abc import Collection, Iterable, Mapping
from importlib import import_module
from types import SimpleNamespace
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.base import SessionBase
from django.db import Error as DatabaseError
from django.http import parse_cookie
from django.utils.module_loading import import_string

from realtime.auth import Identity, KeysUnavailable, Unauthorized, precise_now, read_claims
from realtime.database import in_database

logger = logging.getLogger(__name__)

_SIGNED_IN_AT: Final = "streamer_signed_in_at"
_SAME_SITE: Final = ("same-origin", "none")
Headers = Iterable[tuple[bytes, bytes]]


def are_on() -> bool:
    return bool(settings.STREAMER_SESSION_IDENTITY)


async def identify_by_session(headers: Headers, *, must_tell_origin: bool) -> Identity | None:
    """Return the identity of the session whose cookie came along, for a page of this site. None without one.

    ``must_tell_origin``: without an Origin it is nobody. Raises ``Unauthorized`` where a session, or the page, is no
    good, and ``KeysUnavailable``.
    """
    told = {name.lower(): value.decode("latin-1") for name, value in headers}
    key = parse_cookie(told.get(b"cookie", "")).get(settings.SESSION_COOKIE_NAME)
    if not are_on() or not key:
        return None
    if not _is_own_page(told, must_tell_origin=must_tell_origin):
        raise Unauthorized("foreign_origin", "A session counts for pages of this site alone")
    try:
        return await in_database(_find, key)
    except DatabaseError as error:
        raise KeysUnavailable from error


def owner_of(user: Any) -> tuple[str, str] | None:
    """Return the tenant and the user as which the account is known here by its sessions. None where they are off."""
    if not are_on():
        return None
    try:
        found = _mapping(user)
        return None if found is None else (str(found["tenant_id"]), str(found["user_id"]))
    except Exception:
        logger.exception("STREAMER_SESSION_IDENTITY failed for an account")
        return None


def find_ended(keys: Collection[str]) -> set[str]:
    """Return those of the sessions that exist no more: their users have logged out."""
    engine: Any = import_module(settings.SESSION_ENGINE)
    if hasattr(engine.SessionStore, "get_model_class") and not hasattr(engine.SessionStore, "cache_key_prefix"):
        rows = engine.SessionStore.get_model_class().objects.filter(session_key__in=keys)
        return set(keys) - set(rows.values_list("session_key", flat=True))
    return {key for key in keys if not engine.SessionStore().exists(key)}


def connect() -> None:
    """Have each session know when its user signed in: a revocation voids those that began before it."""
    user_logged_in.connect(_note_sign_in, dispatch_uid=f"{__name__}.note_sign_in")


def _note_sign_in(request: Any, **_: Any) -> None:
    if are_on() and getattr(request, "session", None) is not None:
        request.session[_SIGNED_IN_AT] = precise_now()


def _find(key: str) -> Identity | None:
    store: SessionBase = import_module(settings.SESSION_ENGINE).SessionStore(key)
    # All that it asks of a request is its session.
    user: Any = get_user(SimpleNamespace(session=store))  # type: ignore[arg-type]
    if not (user.is_authenticated and user.is_active):
        raise Unauthorized("session_ended", "The session has ended; sign in again")
    try:
        found = _mapping(user)
    except Exception as error:
        logger.exception("STREAMER_SESSION_IDENTITY failed for an account")
        raise KeysUnavailable from error
    if found is None:
        raise Unauthorized("no_identity", "This account may not use Streamer")
    claims = {
        "sub": found.get("user_id"),
        "tenant_id": found.get("tenant_id"),
        "permissions": list(found.get("permissions") or ()),
        "exp": store.get_expiry_date().timestamp(),
        "iat": store.get(_SIGNED_IN_AT),
        "jti": f"session:{hashlib.sha256(key.encode()).hexdigest()[:32]}",
    }
    return read_claims(claims, session_key=key)


def _mapping(user: Any) -> Mapping[str, Any] | None:
    found: Mapping[str, Any] | None = import_string(settings.STREAMER_SESSION_IDENTITY)(user)
    return found


def _is_own_page(told: Mapping[bytes, str], *, must_tell_origin: bool) -> bool:
    """Judge a page that the browser says the request is of. Every foreign page could have the browser send the cookie.

    An origin that is allowed for sockets with a token must be named as a whole here: ``*`` is nobody's.
    """
    origin = told.get(b"origin")
    if origin is None:
        return not must_tell_origin and told.get(b"sec-fetch-site", "none") in _SAME_SITE
    if origin in settings.STREAMER_ALLOWED_ORIGINS and origin != "*":
        return True
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    schemes = ("https",) if settings.SESSION_COOKIE_SECURE else ("http", "https")
    return parts.scheme in schemes and bool(parts.netloc) and parts.netloc.lower() == told.get(b"host", "").lower()
