"""A handle on a request, for Python code: look at it, wait for it, cancel it, read its messages.

A handle holds an id alone and asks the database each time. Redis is not needed for any of it.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db import transaction
from django.db.models import Q

from jobs.errors import ErrorBody
from jobs.log.events import Event, read_after
from jobs.models import FINAL, RECEIPTED, AsyncRequest, Status
from jobs.requests.cancellation import AlreadyFinished, request_cancel
from jobs.requests.reads import NotFound

_COLUMNS = ("action", "title", "status", "percentage", "message", "attempt", "result", "failed_items", "error")
_PAGE = 500
# The pause before the next look is a tenth of the time waited: short at first, then longer.
_SHARE_OF_WAIT = 0.1
_MIN_PAUSE_SECONDS = 0.02
_MAX_PAUSE_SECONDS = 1.0


class WaitTimeout(TimeoutError):
    """The request did not end within the timeout. It goes on; ``state`` is the last one that was read."""

    def __init__(self, state: "RequestState", timeout_seconds: float) -> None:
        super().__init__(f"The request {state.id} is still {state.status} after {timeout_seconds:g} s")
        self.state = state


class WaitInTransaction(transaction.TransactionManagementError):
    """Code inside ``transaction.atomic()`` tried to wait for a request. Leave the block, then wait."""


@dataclass(frozen=True, kw_only=True)
class RequestState:
    """A request as it was at one moment."""

    id: UUID
    action: str
    title: str
    """The text that tells it from other requests. Empty for one of before there were titles."""
    status: str
    """``pending``, ``processing``, ``retrying``, ``completed``, ``failed`` or ``cancelled``."""
    percentage: float
    message: str
    """The last message that the handler reported."""
    attempt: int
    """The number of the attempt; 0 before the first."""
    result: Any
    """The handler's result. None unless the request has completed."""
    failed_items: int
    """The items that could not be done, of a request that has completed."""
    error: ErrorBody | None
    """The error. None unless the request has failed."""
    receipt: Any
    """The work that the handler of a failed or cancelled request says it had done by then, else None."""

    @property
    def is_final(self) -> bool:
        return self.status in FINAL


@dataclass(frozen=True, kw_only=True)
class RequestHandle:
    """One request. Every method raises ``NotFound`` once its row does not exist, for example after a rollback."""

    id: UUID
    created: bool = False
    """True: the call that gave this handle made the request. False: the request was there before."""

    def state(self) -> RequestState:
        """Read the request from the database."""
        row = AsyncRequest.objects.only(*_COLUMNS).filter(id=self.id).first()
        if row is None:
            raise NotFound(f"There is no request {self.id}")
        return RequestState(
            id=self.id,
            action=row.action,
            title=row.title,
            status=row.status,
            percentage=row.percentage,
            message=row.message,
            attempt=row.attempt,
            result=row.result if row.status == Status.COMPLETED else None,
            failed_items=row.failed_items,
            error=row.error if row.status == Status.FAILED else None,
            receipt=row.result if row.status in RECEIPTED else None,
        )

    @property
    def status(self) -> str:
        """Return ``RequestState.status``, read anew each time."""
        return self.state().status

    @property
    def result(self) -> Any:
        """Return ``RequestState.result``, read anew each time."""
        return self.state().result

    @property
    def error(self) -> ErrorBody | None:
        """Return ``RequestState.error``, read anew each time."""
        return self.state().error

    def wait(self, timeout_seconds: float) -> RequestState:
        """Sleep until the request has ended; return how.

        Raises ``WaitTimeout``, and ``WaitInTransaction`` where it would have to sleep inside ``transaction.atomic()``.
        """
        pauses = _pauses(timeout_seconds)
        while not (state := self._look()).is_final:
            time.sleep(_next_pause(pauses, state, timeout_seconds))
        return state

    def cancel(self) -> str:
        """Cancel the request and return its status after that.

        ``cancelled``: it waited, and has ended. ``processing``: its handler was asked to stop, and will be forced to.
        Any other: it had ended before.
        """
        try:
            return request_cancel(self.id).status
        except AlreadyFinished:
            return self.status

    def events(self, after_seq: int = 0) -> Iterator[dict[str, Any]]:
        """Yield the messages numbered above ``after_seq`` that are logged by now, as a socket would get them.

        They are read in pages, so a long log is never in memory as a whole.
        """
        client_id = self._client_id()
        page_is_full = True
        while page_is_full:
            page = self._page(client_id, after_seq)
            for event in page:
                yield event.message()
                after_seq = event.seq
            page_is_full = len(page) == _PAGE

    async def astate(self) -> RequestState:
        return await sync_to_async(self.state)()

    async def astatus(self) -> str:
        return (await self.astate()).status

    async def async_wait(self, timeout_seconds: float) -> RequestState:
        """Do as ``wait``, for asynchronous code. (With Django's prefix it would be ``await``, a keyword of Python.)"""
        pauses = _pauses(timeout_seconds)
        while not (state := await sync_to_async(self._look)()).is_final:
            await asyncio.sleep(_next_pause(pauses, state, timeout_seconds))
        return state

    async def acancel(self) -> str:
        return await sync_to_async(self.cancel)()

    async def aevents(self, after_seq: int = 0) -> AsyncIterator[dict[str, Any]]:
        client_id = await sync_to_async(self._client_id)()
        page_is_full = True
        while page_is_full:
            page = await sync_to_async(self._page)(client_id, after_seq)
            for event in page:
                yield event.message()
                after_seq = event.seq
            page_is_full = len(page) == _PAGE

    def _look(self) -> RequestState:
        state = self.state()
        # The worker may not even see the request before the block ends, and on SQLite could write nothing.
        if not state.is_final and transaction.get_connection().in_atomic_block:
            text = (
                f"The request {self.id} cannot end while this code is inside transaction.atomic(); wait after the block"
            )
            raise WaitInTransaction(text)
        return state

    def _client_id(self) -> str | None:
        row = AsyncRequest.objects.filter(id=self.id).values_list("client_id").first()
        if row is None:
            raise NotFound(f"There is no request {self.id}")
        return row[0]

    def _page(self, client_id: str | None, after_seq: int) -> list[Event]:
        return read_after(self.id, client_id, after_seq, limit=_PAGE)


def get_handle(request_id: UUID | str, *, user_id: str | None = None, tenant_id: str | None = None) -> RequestHandle:
    """Return a handle on a request that was submitted before, by whatever means.

    Raises ``NotFound`` when the request does not exist, or is not of the named user or tenant.
    """
    owner = {"user_id": user_id, "tenant_id": tenant_id}
    rows = AsyncRequest.objects.filter(**{name: value for name, value in owner.items() if value is not None})
    found = _as_uuid(request_id)
    if found is None or not rows.filter(Q(id=found)).exists():
        raise NotFound(f"There is no request {request_id}")
    return RequestHandle(id=found)


async def aget_handle(
    request_id: UUID | str, *, user_id: str | None = None, tenant_id: str | None = None
) -> RequestHandle:
    return await sync_to_async(get_handle)(request_id, user_id=user_id, tenant_id=tenant_id)


def _as_uuid(request_id: UUID | str) -> UUID | None:
    try:
        return request_id if isinstance(request_id, UUID) else UUID(request_id)
    except ValueError:
        return None


def _pauses(timeout_seconds: float) -> Iterator[float]:
    """Yield the seconds to sleep before each next look, until the time is up."""
    started = time.monotonic()
    while (waited := time.monotonic() - started) < timeout_seconds:
        pause = min(max(waited * _SHARE_OF_WAIT, _MIN_PAUSE_SECONDS), _MAX_PAUSE_SECONDS)
        yield min(pause, timeout_seconds - waited)


def _next_pause(pauses: Iterator[float], state: RequestState, timeout_seconds: float) -> float:
    pause = next(pauses, None)
    if pause is None:
        raise WaitTimeout(state, timeout_seconds)
    return pause
