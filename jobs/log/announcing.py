"""Send the signals of ``jobs.signals`` once what they tell of is committed.

Call each function inside the transaction that makes it true. Without receivers nothing is read or sent.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.dispatch import Signal

from jobs.contract.registry import find_handler
from jobs.models import AsyncRequest, Status
from jobs.signals import attempt_started, request_finished, request_submitted


def is_announced() -> bool:
    """Return False where nobody listens for new requests, so that no row need be made for ``announce_submitted``."""
    return bool(request_submitted.receivers)


def announce_submitted(row: AsyncRequest) -> None:
    """Announce that ``row`` is being stored. Call it before the first ``append``, so that its signal is the first."""
    if request_submitted.receivers:
        transaction.on_commit(lambda: _send(request_submitted, row, created_at=row.created_at), robust=True)


def announce_started(request_id: UUID) -> None:
    if attempt_started.receivers:
        _after_commit(attempt_started, request_id, _start_of)


def announce_finished(request_id: UUID) -> None:
    if request_finished.receivers:
        _after_commit(request_finished, request_id, _end_of)


def _after_commit(signal: Signal, request_id: UUID, facts: Callable[[AsyncRequest], dict[str, Any]]) -> None:
    """Send the signal after the commit, and read the row only then, so that no failure can undo an event."""

    def send() -> None:
        row = AsyncRequest.objects.defer("payload", "metadata", "result", "resume_state").get(id=request_id)
        _send(signal, row, **facts(row))

    transaction.on_commit(send, robust=True)


def _start_of(row: AsyncRequest) -> dict[str, Any]:
    return {"attempt": row.attempt, "worker": row.worker, "started_at": row.attempt_started_at}


def _end_of(row: AsyncRequest) -> dict[str, Any]:
    # A request that was cancelled while it waited for another attempt still has the error of the last one.
    error = row.error if row.status == Status.FAILED else None
    return {
        "status": row.status,
        "failed_items": row.failed_items,
        "error_code": error["code"] if error else None,
        "attempt": row.attempt,
        "seconds": (row.finished_at - row.created_at).total_seconds() if row.finished_at else None,
        "finished_at": row.finished_at,
    }


def _send(signal: Signal, row: AsyncRequest, **facts: Any) -> None:
    if row.parent_id is not None:
        return
    handler = find_handler(row.action)
    signal.send_robust(
        sender=None if handler is None else type(handler),
        request_id=row.id,
        action=row.action,
        title=row.title,
        queue=row.queue,
        tenant_id=row.tenant_id,
        user_id=row.user_id,
        idempotency_key=row.client_id,
        **facts,
    )
