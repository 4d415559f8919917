"""The content of the page of one connection, gathered from its row and the requests that came over it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from jobs.admin.detail.acts import Act, acts_of
from jobs.admin.detail.page import Fact
from jobs.admin.formatting import NOTHING, badge, when
from jobs.admin.progress import bar, duration_text, status_badge
from jobs.formatting import format_count, format_duration
from jobs.models import AsyncRequest
from realtime.admin.closings import advice, closing
from realtime.admin.sending import health_facts
from realtime.connections.processes import is_held, process_seen_at
from realtime.models import Connection
from realtime.sending.asking import ask_health

MAX_REQUESTS = 100


@dataclass(frozen=True, kw_only=True)
class RequestLine:
    """One request in the table."""

    row: AsyncRequest
    badge: SafeString
    bar: SafeString
    created: str
    took: SafeString


@dataclass(frozen=True, kw_only=True)
class ConnectionPage:
    """Everything the template of the page reads."""

    row: Connection
    badge: SafeString
    facts: Sequence[Fact]
    requests: Sequence[RequestLine] | None
    """The newest requests. None: the reader may not see requests."""
    has_more: bool
    acts: Sequence[Act]


def connection_page(row: Connection, *, can_see_requests: bool) -> ConnectionPage:
    requests = _requests(row) if can_see_requests else None
    return ConnectionPage(
        row=row,
        badge=state_badge(row),
        facts=list(_facts(row)),
        requests=None if requests is None else [_line(item) for item in requests[:MAX_REQUESTS]],
        has_more=requests is not None and len(requests) > MAX_REQUESTS,
        acts=acts_of(row),
    )


def connection_page_url(request: HttpRequest, connection_id: UUID) -> str | None:
    """Return the URL of the page; None when the reader may not see connections."""
    if not request.user.has_perm("realtime.view_connection"):
        return None
    return reverse("admin:realtime_connection_change", args=[connection_id])


def state_badge(row: Connection) -> SafeString:
    if row.closed_at is not None:
        return badge("closed", "Closed")
    if is_held(row):
        return badge("open", "Open")
    return badge("closed", "Lost", "Its web process shows no sign of life. The sweeper closes the row.")


def _facts(row: Connection) -> Iterator[Fact]:
    yield Fact(label="User", value=row.user_id)
    yield Fact(label="Tenant", value=row.tenant_id)
    yield Fact(label="Permissions", value=", ".join(map(str, row.permissions)) or "none")
    yield Fact(label="Address", value=row.address or NOTHING)
    yield Fact(label="Web process", value=row.server)
    yield Fact(label="Process last seen", value=when(process_seen_at(row)))
    yield Fact(label="Messages in", value=format_count(row.messages_in))
    yield Fact(label="Messages out", value=format_count(row.messages_out))
    yield Fact(label="Connected", value=when(row.connected_at))
    yield Fact(label="Counted", value=when(row.last_seen_at))
    end = row.closed_at or timezone.now()
    yield Fact(label="Open for", value=format_duration((end - row.connected_at).total_seconds()))
    if is_held(row):
        for label, value in health_facts(ask_health([row.id]).healths.get(row.id)):
            yield Fact(label=label, value=value)
    if row.revoked_at and not row.closed_at:
        yield Fact(label="To be ended since", value=when(row.revoked_at))
    if row.closed_at:
        yield Fact(label="Closed", value=when(row.closed_at))
        yield Fact(label="Closed because", value=closing(row))
    if hint := advice(row.close_code or 0):
        yield Fact(label="Meaning", value=hint)
    yield Fact(label="User agent", value=row.user_agent or NOTHING)


def _requests(row: Connection) -> list[AsyncRequest]:
    """Select one request more than is shown, to know if there are more."""
    rows = AsyncRequest.objects.filter(connection_id=row.id).order_by("-created_at")
    return list(rows.defer("payload", "result", "metadata")[: MAX_REQUESTS + 1])


def _line(row: AsyncRequest) -> RequestLine:
    return RequestLine(
        row=row, badge=status_badge(row), bar=bar(row), created=when(row.created_at), took=duration_text(row)
    )
