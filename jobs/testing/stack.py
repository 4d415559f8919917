"""The whole stack in one process: requests are submitted, claimed and run as in production, by the calling thread."""

import ctypes
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.utils import timezone

from jobs.contract.base import Handler
from jobs.contract.registry import find_handler
from jobs.errors import ErrorBody
from jobs.execution.runner import run_claim
from jobs.files.artifacts import files_of
from jobs.models import AsyncRequest, Status
from jobs.queue.claims import Claim, claim_next
from jobs.queue.endings import claim_ending
from jobs.requests.python_api.handle import RequestHandle
from jobs.requests.python_api.submission import AnyPayload, submit
from jobs.testing.saved import SavedArtifact


class _ProcessEnded(SystemExit):
    """Raised inside a handler in place of the end of its process."""


@dataclass(frozen=True, kw_only=True)
class SubmittedRequest:
    """A stored request. Everything is read from the database when it is asked for."""

    id: UUID

    @property
    def handle(self) -> RequestHandle:
        return RequestHandle(id=self.id)

    @property
    def row(self) -> AsyncRequest:
        return AsyncRequest.objects.get(id=self.id)

    @property
    def status(self) -> str:
        """``pending``, ``processing``, ``retrying``, ``completed``, ``failed`` or ``cancelled``."""
        return self.handle.status

    @property
    def result(self) -> Any:
        """The result as clients get it; None unless completed."""
        return self.handle.result

    @property
    def error(self) -> ErrorBody | None:
        """The error as clients get it; None unless failed."""
        return self.handle.error

    def events(self) -> list[dict[str, Any]]:
        """Return the log as the messages that followers get, oldest first. That of the end has ``final``."""
        return list(self.handle.events())

    def artifacts(self) -> list[SavedArtifact]:
        """Return the files that the owner may fetch, oldest first."""
        return [SavedArtifact.read(row, default_storage) for row in files_of(self.row)]

    def cancel(self) -> str:
        """Cancel it as its owner would; return its status after that."""
        return self.handle.cancel()


class InProcessStack:
    """Submits requests and runs them. ``register`` makes a handler known that the registry does not find."""

    def __init__(self, register: Callable[[Handler[Any]], None]) -> None:
        self._register = register

    def submit(
        self,
        action: str | type[Handler[Any]],
        payload: AnyPayload = None,
        *,
        tenant_id: str = "acme",
        user_id: str = "alice",
        idempotency_key: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        priority: int = 0,
        expires_in_seconds: float | None = None,
        fresh: bool = False,
    ) -> SubmittedRequest:
        """Store a request for the queue, as ``submit`` of ``jobs.handler`` does, and with the same errors.

        ``action`` is the name of a registered handler, or a handler class, which is registered for the time of the
        test.
        """
        if isinstance(action, type) and type(find_handler(action.action)) is not action:
            self._register(action())
        handle = submit(
            action if isinstance(action, str) else action.action,
            payload,
            tenant_id=tenant_id,
            user_id=user_id,
            idempotency_key=idempotency_key,
            metadata=metadata or {},
            priority=priority,
            expires_in_seconds=expires_in_seconds,
            fresh=fresh,
        )
        return SubmittedRequest(id=handle.id)

    def run(self) -> list[SubmittedRequest]:
        """Run attempts until no request waits; return the request of each attempt, in order.

        Pauses before another attempt are skipped.
        """
        done = []
        while (request := self.run_next()) is not None:
            done.append(request)
        return done

    def run_next(self) -> SubmittedRequest | None:
        """Run one attempt of the request that is next; None when none waits. Pauses are skipped."""
        AsyncRequest.objects.filter(status=Status.RETRYING).update(available_at=timezone.now())
        queues, worker = list(settings.RQ_QUEUES), "in-process"
        claim = claim_ending(queues, worker=worker) or claim_next(queues, worker=worker)
        if claim is None:
            return None
        _run(claim)
        return SubmittedRequest(id=claim.request_id)


def _run(claim: Claim) -> None:
    """Run the claim. A handler that does not stop in its grace gets an exception, since no process may end here."""
    ident = ctypes.c_ulong(threading.get_ident())

    def end_handler() -> None:
        # The reporter's thread calls it, and Python has no other way to interrupt a thread.
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, ctypes.py_object(_ProcessEnded))

    try:
        with suppress(_ProcessEnded):
            run_claim(claim, end_process=end_handler)
    finally:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, None)
