"""The messages of one connection that were refused for their rate or their form, in the log of refusals.

The first is a line at once. Later ones are counted: a line a minute while they come, and one when the connection ends.
"""

import time
from collections import Counter
from typing import Any, Final

from jobs.errors import ErrorBody, ErrorCode
from realtime.auth import Identity
from realtime.refusals.log import log_refusal

LOG_SECONDS: Final = 60.0
# Refused tokens, permissions and ids are a line each (see ``refusals.errors``). Other errors refuse nothing.
_COUNTED: Final = frozenset(
    {
        ErrorCode.INVALID_ACTION,
        ErrorCode.INVALID_MESSAGE,
        ErrorCode.PAYLOAD_TOO_LARGE,
        ErrorCode.RATE_LIMITED,
        ErrorCode.VALIDATION_ERROR,
    }
)


class RefusedMessages:
    """The counters of one connection, which needs none before the first refusal."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._logs_at = 0.0

    def count(self, error: ErrorBody, identity: Identity, **facts: Any) -> None:
        """Count one, and write a line for each reason if it is time. ``facts`` are told beside it."""
        if error["code"] in _COUNTED:
            self._counts[_reason_of(error)] += 1
            if time.monotonic() >= self._logs_at:
                self._logs_at = time.monotonic() + LOG_SECONDS
                self.tell(identity, **facts)

    def tell(self, identity: Identity, **facts: Any) -> None:
        """Write what was counted since the last line."""
        who = {"user": identity.user_id, "tenant": identity.tenant_id}
        for reason, count in self._counts.items():
            log_refusal("Message refused", reason=reason, count=count, **who, **facts)
        self._counts.clear()


def _reason_of(error: ErrorBody) -> str:
    """Return the code, and for a rate whose limit it was: ``rate_limited.submits.user``."""
    details = error.get("details") or {}
    limit = [details[name] for name in ("limit", "by") if isinstance(details.get(name), str)]
    return ".".join([str(error["code"]).lower(), *limit])
