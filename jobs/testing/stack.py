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
from jobs.execution.runner import Runner
from jobs.files.artifacts import files_of
from jobs.jsonable import to_json
from jobs.log.events import Event, read_after
from jobs.models import AsyncRequest, Status
from jobs.queue.claims import Claim, claim_next
from jobs.queue.wakeups import ring
from jobs.requests.cancellation import request_cancel
from jobs.requests.result_cache import look_up
from jobs.requests.submission import Refused, Submission, submit_many
from jobs.testing.saved import SavedArtifact

_ALL_EVENTS = 1_000_000


class RequestRefused(Exception):
    """The request was not stored. ``error`` is what the client would get."""

    def __init__(self, error: ErrorBody) -> None:
        super().__init__(error["message"])
        self.error = error


class _ProcessEnded(SystemExit):
    """Raised inside a handler in place of the end of its process."""


@dataclass(frozen=True, kw_only=True)
class SubmittedRequest:
    """A stored request. Everything is read from the database when it is asked for."""

    id: UUID

    @property
    def row(self) -> AsyncRequest:
        return AsyncRequest.objects.get(id=self.id)

    @property
    def status(self) -> str:
        """``pending``, ``processing``, ``retrying``, ``completed``, ``failed`` or ``cancelled``."""
        return self.row.status

    @property
    def result(self) -> Any:
        """The result as the client gets it; None unless completed."""
        row = self.row
        return row.result if row.status == Status.COMPLETED else None

    @property
    def error(self) -> Any:
        """The ``error`` object that the client gets; None without."""
        return self.row.error

    def events(self) -> list[Event]:
        """Return the log, oldest first. The last event of an ended request has ``is_final``."""
        return read_after(self.id, self.row.client_id, 0, limit=_ALL_EVENTS)

    def messages(self) -> list[dict[str, Any]]:
        """Return the messages that followers get: the log in the words of docs/reference/protocol.md."""
        return [event.message() for event in self.events()]

    def artifacts(self) -> list[SavedArtifact]:
        """Return the files that the owner may fetch, oldest first."""
        return [SavedArtifact.read(row, default_storage) for row in files_of(self.row)]

    def cancel(self) -> None:
        """Cancel it as its owner would. Raises ``AlreadyFinished`` when it has ended."""
        request_cancel(self.id)


class InProcessStack:
    """Submits requests and runs them. ``register`` makes a handler known that the registry does not find."""

    def __init__(self, register: Callable[[Handler[Any]], None]) -> None:
        self._register = register

    def submit(
        self,
        action: str | type[Handler[Any]],
        payload: Mapping[str, Any] | None = None,
        *,
        tenant_id: str = "acme",
        user_id: str = "alice",
        client_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        priority: int = 0,
        expires_in_seconds: float | None = None,
        use_cache: bool = True,
    ) -> SubmittedRequest:
        """Store a request for the queue, however short its handler's estimate is.

        ``action`` is a registered name, or a handler class, which is registered for the time of the test. Raises
        ``InvalidPayload``, and ``RequestRefused`` for what is refused after that. Permissions are not asked for:
        they belong to tokens. ``use_cache`` may be False to have a result computed anew.
        """
        handler = self._handler(action)
        payload = to_json(payload or {})
        parsed = handler.parse(payload)
        found = look_up(handler, parsed, tenant_id=tenant_id, user_id=user_id, fresh=not use_cache)
        submission = Submission(
            tenant_id=tenant_id,
            user_id=user_id,
            action=handler.action,
            queue=handler.queue,
            payload=payload,
            estimated_seconds=handler.estimate(parsed),
            client_id=client_id,
            metadata=metadata or {},
            priority=priority,
            expires_in_seconds=expires_in_seconds,
            cache_key=found.key,
            cached=found.outcome,
        )
        [outcome] = submit_many([submission])
        if isinstance(outcome, Refused):
            raise RequestRefused(outcome.error)
        ring([handler.queue])
        return SubmittedRequest(id=outcome.request_id)

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
        claim = claim_next(list(settings.RQ_QUEUES), worker="in-process")
        if claim is None:
            return None
        _run(claim)
        return SubmittedRequest(id=claim.request_id)

    def _handler(self, action: str | type[Handler[Any]]) -> Handler[Any]:
        name = action if isinstance(action, str) else action.action
        handler = find_handler(name)
        if isinstance(action, type) and type(handler) is not action:
            self._register(action())
            handler = find_handler(name)
        if handler is None:
            raise LookupError(f"No handler does '{name}': see STREAMER_HANDLERS, or give the class")
        return handler


def _run(claim: Claim) -> None:
    """Run the claim. A handler that does not stop in its grace gets an exception, since no process may end here."""
    ident = ctypes.c_ulong(threading.get_ident())

    def end_handler() -> None:
        # The reporter's thread calls it, and Python has no other way to interrupt a thread.
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, ctypes.py_object(_ProcessEnded))

    try:
        with suppress(_ProcessEnded):
            Runner(claim, end_process=end_handler).run()
    finally:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, None)
