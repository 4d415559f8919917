"""Decides for a request message on the handler, the payload, and the mode (inline or queued). No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.conf import settings

from jobs.contract.base import Handler, Payload, warnings_about
from jobs.contract.permissions import permissions_of
from jobs.contract.registry import all_handlers
from jobs.contract.submission.limit_keys import LimitKeyFault, limit_key_of
from jobs.errors import ErrorCode, InvalidPayload, error_body
from realtime.answers.refusal import Refusal
from realtime.auth import Identity
from realtime.wire.messages import Request


class Mode(Enum):
    INLINE = "inline"
    """Run in the web process, and answered with ``response``."""
    QUEUED = "queued"
    """Stored, acknowledged and run by a worker."""


@dataclass(frozen=True, kw_only=True)
class Route:
    handler: Handler[Any]
    payload: Payload
    mode: Mode
    estimated_seconds: float
    limit_key: str | None = None
    """The key that limits of the handler count by, if the request is queued."""

    @property
    def warnings(self) -> list[dict[str, str]]:
        """Path and message of each field that the action does not know."""
        return warnings_about(self.payload)


def route_request(message: Request, identity: Identity) -> Route:
    """Route a request among the handlers of this installation. Raises ``Refusal``, as ``route`` does."""
    threshold = settings.STREAMER_INLINE_THRESHOLD_SECONDS
    return route(message, identity, all_handlers(), inline_threshold_seconds=threshold)


def route(
    message: Request, identity: Identity, handlers: Mapping[str, Handler[Any]], *, inline_threshold_seconds: float
) -> Route:
    """Route a request. Raises ``Refusal`` for an unknown action, a missing permission, an invalid payload or key."""
    handler = handlers.get(message.action)
    if handler is None or handler.internal:
        public = {name: item for name, item in handlers.items() if not item.internal}
        known = {"actions": [name for name, item in public.items() if identity.may(item.permission)]}
        raise Refusal(error_body(ErrorCode.INVALID_ACTION, f"There is no action '{message.action}'", details=known))
    _demand(identity, handler.permission)
    try:
        payload = handler.parse(message.payload)
    except InvalidPayload as error:
        raise Refusal(error.body()) from None
    for permission in permissions_of(handler, payload):
        _demand(identity, permission)
    seconds = handler.estimate(payload)
    is_quick = seconds <= inline_threshold_seconds and not handler.always_queued
    mode = Mode.INLINE if is_quick else Mode.QUEUED
    key = None if mode is Mode.INLINE else _limit_key(handler, payload)
    return Route(handler=handler, payload=payload, mode=mode, estimated_seconds=seconds, limit_key=key)


def _limit_key(handler: Handler[Any], payload: Payload) -> str | None:
    try:
        return limit_key_of(handler, payload)
    except LimitKeyFault as fault:
        raise Refusal(fault.error) from fault


def _demand(identity: Identity, permission: str | None) -> None:
    if not identity.may(permission):
        text = f"Your token lacks the permission '{permission}'"
        raise Refusal(error_body(ErrorCode.FORBIDDEN, text, details={"permission": permission}))
