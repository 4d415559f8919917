"""The W3C header ``traceparent``, and the ids of spans that every process can compute.

https://www.w3.org/TR/trace-context/#traceparent-header
"""

import re
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any
from uuid import UUID

MAX_CHARACTERS = 55
_FORM = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.ASCII)
_INVALID_VERSION = "ff"
_SAMPLED = 1


@dataclass(frozen=True)
class TraceParent:
    """A span that others belong to. Neither id is 0."""

    trace_id: int
    span_id: int
    is_sampled: bool

    def __str__(self) -> str:
        return f"00-{self.trace_id:032x}-{self.span_id:016x}-{int(self.is_sampled):02x}"


def read_traceparent(value: Any) -> TraceParent | None:
    """Read the header, or the value of ``traceparent`` in a message. None: there is none, or it is garbage."""
    if not isinstance(value, str) or len(value) > 2 * MAX_CHARACTERS:
        return None
    found = _FORM.fullmatch(value.strip())
    if found is None:
        return None
    version, trace_id, span_id, flags, more = found.groups()
    # A later version may append fields. This one has none.
    if version == _INVALID_VERSION or (version == "00" and more):
        return None
    parent = TraceParent(int(trace_id, 16), int(span_id, 16), bool(int(flags, 16) & _SAMPLED))
    return parent if parent.trace_id and parent.span_id else None


def attempt_span_id(request_id: UUID, attempt: int) -> int:
    """Return the id of the span of an attempt, so that others can name it, even if its process was killed."""
    return _digest(f"{request_id}/{attempt}", 8)


def fallback_trace_id(request_id: UUID) -> int:
    """Return the id of the trace of a request that was stored without one, the same for each of its attempts."""
    return _digest(str(request_id), 16)


def _digest(text: str, size: int) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=size).digest(), "big") or 1
