"""The refused sign-ins in the log of refusals: each with reason and address, and never with what was typed."""

from collections.abc import Mapping
from typing import Any, Literal

from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_login_failed

from jobs.jsonable import is_storable
from realtime.limits.addresses import address_of
from realtime.refusals.log import log_refusal

Reason = Literal[
    "wrong_password",
    "unknown_user",
    "inactive_user",
    "not_staff",
    "rate_limited",
    "limit_unavailable",
    "token_invalid",
    "token_reused",
    "token_revoked",
    "password_changed",
    "link_unknown",
    "link_used",
    "link_expired",
]


def log_refused_sign_in(request: Any, reason: Reason, user: str | None = None) -> None:
    """Log one refusal. ``user`` must be the name of an account: people type passwords into the field of the name."""
    address = "" if request is None else address_of(request)
    log_refusal("Sign-in refused", reason=reason, address=address, user=user, path=getattr(request, "path", ""))


def connect() -> None:
    """Have every refused password logged, wherever it was given: over the API, in the admin, in an app of others."""
    user_login_failed.connect(_log_failure, dispatch_uid="realtime.http.sign_in.log")


def _log_failure(credentials: Mapping[str, Any], request: Any = None, **_: Any) -> None:
    model = get_user_model()
    name = credentials.get("username") or credentials.get(model.USERNAME_FIELD)
    user = None
    if isinstance(name, str) and is_storable(name):
        user = model._default_manager.filter(**{model.USERNAME_FIELD: name}).first()
    if user is None:
        log_refused_sign_in(request, "unknown_user")
    else:
        log_refused_sign_in(request, "wrong_password" if user.is_active else "inactive_user", user.get_username())
