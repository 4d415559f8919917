"""The log of a request, as the delivery reads it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

import msgspec

from jobs.log.events import Event, read_after
from jobs.log.publishing import request_group
from jobs.models import AsyncRequest
from jobs.requests.reads import snapshot
from realtime.delivery.followed import Page, Skip
from realtime.delivery.gate import Frame
from realtime.wire.protocol import encode


@dataclass(frozen=True, slots=True)
class RequestLog:
    """The log of one request. ``client_id`` is the client's own id of it."""

    request_id: UUID
    client_id: str | None

    @property
    def key(self) -> UUID:
        return self.request_id

    @property
    def group(self) -> str:
        return request_group(self.request_id)

    def read(self, next_seq: int, limit: int) -> Page:
        """Read the next events; or the request's state, when the log no longer reaches back to ``next_seq``."""
        events = self._events(next_seq, limit)
        if events and events[0].seq == next_seq:
            return _page(events)
        row = AsyncRequest.objects.filter(id=self.request_id).first()
        if row is None or row.last_seq < next_seq:
            return Page()
        # Read again: the events may have come between the two reads.
        events = self._events(next_seq, limit)
        if events and events[0].seq == next_seq:
            return _page(events)
        text = encode("snapshot", row.client_id, **{**snapshot(row), "reason": "trimmed"})
        return Page(skip=Skip(text, row.last_seq, row.is_final))

    @staticmethod
    def last_seqs(keys: Collection[UUID]) -> Mapping[UUID, int]:
        return dict(AsyncRequest.objects.filter(id__in=keys).values_list("id", "last_seq"))

    def _events(self, next_seq: int, limit: int) -> list[Event]:
        return read_after(self.request_id, self.client_id, next_seq - 1, limit=limit)


def _page(events: list[Event]) -> Page:
    return Page([Frame(event.seq, msgspec.json.encode(event.message()).decode(), event.is_final) for event in events])
