"""The key of a request that a limit counts by: asked of the handler once, when the request is submitted."""

import logging
from typing import Any

from jobs.contract.base import Handler, Payload
from jobs.errors import ErrorBody
from jobs.incidents import report_unexpected
from jobs.jsonable import is_storable

logger = logging.getLogger(__name__)

MAX_LIMIT_KEY = 64
"""The most characters of a key."""


class LimitKeyFault(Exception):
    """The handler named no usable key. ``error`` is what the client is told, and the fault is logged."""

    def __init__(self, error: ErrorBody) -> None:
        super().__init__(error["message"])
        self.error = error


def limit_key_of(handler: Handler[Any], payload: Payload) -> str | None:
    """Return the key of the request; None when no limit holds for it. Raises ``LimitKeyFault``."""
    if type(handler).limit_key is Handler.limit_key:
        return None
    try:
        return usable_key(handler.limit_key(payload))
    except Exception as error:
        what = f"'{handler.action}' could not name its limit_key"
        raise LimitKeyFault(report_unexpected(logger, what, error)) from error


def usable_key(key: Any) -> str | None:
    """Return the key that a handler gave. Raises ``ValueError`` for one that cannot be stored."""
    if key is None:
        return None
    if not isinstance(key, str) or not 0 < len(key) <= MAX_LIMIT_KEY or not is_storable(key):
        raise ValueError(f"a limit_key is a text of 1 to {MAX_LIMIT_KEY} characters, or None, not {key!r:.100}")
    return key
