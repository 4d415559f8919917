"""The wait of a request in one sentence, as the console says it (tests/words.json tests both)."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from jobs.formatting import format_count, format_duration
from jobs.queue.waits import WaitOf

# A start that is nearer is not worth foretelling.
_SHORT_SECONDS = 1.0
_HELD_BACK: Mapping[str, str] = MappingProxyType(
    {
        "paused": "Paused by an operator.",
        "your_limit": "Waits until another of your requests has ended.",
        "tenant_limit": "Waits until another request of your organisation has ended.",
        "tenant_share": "Waits until a long request of your organisation has ended: one worker is left to others.",
        "action_limit": "Waits until another request of this kind has ended.",
        "queue_limit": "Waits until another request of its queue has ended.",
        "no_worker": "No worker is there for it right now.",
    }
)


def wait_sentence(wait: WaitOf) -> str:
    """Say why a request waits, or its place in the queue: ``3 ahead, starts in about 12 s, takes about 5 s.``"""
    seconds = wait.get("estimated_start_seconds", 0.0)
    start = f"starts in about {format_duration(seconds)}" if seconds > _SHORT_SECONDS else ""
    reason = wait.get("reason", "")
    held = f"Waits for its turn at {wait['limit_key']}." if "limit_key" in wait else _HELD_BACK.get(reason, "")
    if held:
        return f"{held} It {start}." if start else held
    place = f"{format_count(wait['ahead'])} ahead" if wait["ahead"] else "Next"
    takes = f"takes about {format_duration(wait['estimated_seconds'])}" if wait["estimated_seconds"] else ""
    return f"{', '.join(filter(None, (place, start, takes)))}."


def retry_sentence(retry_at: datetime, error: Any, now: datetime) -> str:
    """Say when a request is tried again, and the message of the error before."""
    seconds = (retry_at - now).total_seconds()
    when = f"in {format_duration(seconds)}" if seconds > 0 else "shortly"
    message = error.get("message", "") if isinstance(error, Mapping) else ""
    return f"Tries again {when}. {message}".strip()
