"""Decides for a request message on the handler, the payload, and the mode (inline or queued). Pure, no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from jobs.contract.base import Handler, Payload, warnings_about
from jobs.errors import ErrorBody, ErrorCode, InvalidPayload, error_body
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

    @property
    def warnings(self) -> list[dict[str, str]]:
        """Path and message of each field that the action does not know."""
        return warnings_about(self.payload)


class Refusal(Exception):
    """The request is refused, and ``error`` says why."""

    def __init__(self, error: ErrorBody) -> None:
        super().__init__(error["message"])
        self.error = error


def route(
    message: Request, identity: Identity, handlers: Mapping[str, Handler[Any]], *, inline_threshold_seconds: float
) -> Route:
    """Route a request. Raises ``Refusal`` for an unknown action, a missing permission, or an invalid payload."""
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
    for permission in handler.permissions_for(payload):
        _demand(identity, permission)
    seconds = handler.estimate(payload)
    is_quick = seconds <= inline_threshold_seconds and not handler.always_queued
    mode = Mode.INLINE if is_quick else Mode.QUEUED
    return Route(handler=handler, payload=payload, mode=mode, estimated_seconds=seconds)


def _demand(identity: Identity, permission: str | None) -> None:
    if not identity.may(permission):
        text = f"Your token lacks the permission '{permission}'"
        raise Refusal(error_body(ErrorCode.FORBIDDEN, text, details={"permission": permission}))
