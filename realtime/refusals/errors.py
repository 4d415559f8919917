"""The refusals of tokens, permissions and ids, as errors tell them to a client: what of them the log is told."""

from collections.abc import Mapping
from typing import Any

from jobs.errors import ErrorBody, ErrorCode
from realtime.auth import Identity, Unauthorized
from realtime.refusals.log import log_refusal

UNKNOWN_ID = "foreign_or_unknown_id"
"""The reason of a refused id. Nobody looks up which of both it is: the time that takes would tell the client."""


def log_refused_error(error: ErrorBody, *, identity: Identity | None, address: str, facts: Mapping[str, Any]) -> None:
    """Log an error that refuses a token, a permission or an id. Other errors are none of this log's."""
    details = error.get("details") or {}
    who = {"user": identity.user_id, "tenant": identity.tenant_id} if identity else {}
    if error["code"] == ErrorCode.UNAUTHORIZED:
        log_refusal("Token refused", reason=details.get("reason", "unauthorized"), address=address, **who, **facts)
    elif error["code"] == ErrorCode.FORBIDDEN:
        permission = details.get("permission")
        reason = "permission" if permission else "forbidden"
        log_refusal("Access refused", reason=reason, address=address, permission=permission, **who, **facts)
    elif error["code"] == ErrorCode.NOT_FOUND:
        log_refusal("Access refused", reason=UNKNOWN_ID, address=address, **who, **facts)


def log_refused_token(error: Unauthorized, address: str, **facts: Any) -> None:
    """Log a token that was refused, with its user where it was verified before that, as a revoked one is."""
    log_refused_error(error.body(), identity=error.identity, address=address, facts=facts)
