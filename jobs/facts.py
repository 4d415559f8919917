"""The request that the running code works on, so that each line of the log and each error report can name it.

A worker's child works on one request at a time, with any number of threads. A web process works on many at once, so
there the facts belong to the task or thread that answers one message.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

CORRELATION_KEY: Final = "correlation_id"
"""The key of a message's metadata with the client's own mark, by which it finds what belongs together."""
_MAX_MARK = 64
_ALLOWED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/")


@dataclass(frozen=True, eq=False)
class Work:
    """A piece of work: what a line may say of it, and what it may not."""

    names: Mapping[str, str | int] = field(default_factory=dict)
    """The fields of lines and reports, without those that the work does not have."""
    payload: Mapping[str, Any] = field(default_factory=dict)
    """The payload. Its values must not be written down."""


_NOTHING: Final = Work()
_of_code: ContextVar[Work] = ContextVar("work", default=_NOTHING)
_of_process: Work = _NOTHING


def current_work() -> Work:
    """Return the work of this task or thread, or else that of the whole process."""
    work = _of_code.get()
    return _of_process if work is _NOTHING else work


def describe_work(
    *,
    action: str,
    tenant_id: str,
    client_id: str | None,
    metadata: Mapping[str, Any],
    payload: Mapping[str, Any],
    request_id: UUID | None = None,
    attempt: int | None = None,
) -> Work:
    """Make the work of a message, or of an attempt."""
    found = {
        "request_id": None if request_id is None else str(request_id),
        "id": client_id,
        CORRELATION_KEY: read_mark(metadata.get(CORRELATION_KEY)),
        "action": action,
        "tenant": tenant_id,
        "attempt": attempt,
    }
    return Work({name: value for name, value in found.items() if value is not None}, payload)


def read_mark(value: Any) -> str | None:
    """Return the client's mark if it is a short word, else None."""
    return value if isinstance(value, str) and 0 < len(value) <= _MAX_MARK and _ALLOWED.issuperset(value) else None


def begin_message(work: Work) -> None:
    """Work on a message, until the task or the view that answers it ends."""
    _of_code.set(work)


@contextmanager
def process_works_on(work: Work) -> Iterator[None]:
    """Have the whole process work on it inside the block."""
    global _of_process
    before, _of_process = _of_process, work
    try:
        yield
    finally:
        _of_process = before
