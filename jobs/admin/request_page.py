"""The content of the page of one request, gathered from its row, its log and its files."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs.admin.artifacts import download
from jobs.admin.bulk import BulkPart, bulk_part, request_link
from jobs.admin.documents import Document, document
from jobs.admin.formatting import NOTHING, duration, when
from jobs.admin.progress import queued_seconds, run_seconds, said, status_badge
from jobs.admin.timeline import Timeline, timeline
from jobs.files.artifacts import files_of
from jobs.models import LIVE, Artifact, AsyncRequest, Status
from jobs.requests.regeneration import origin_of

_RUN_LABELS = {Status.PROCESSING.value: "Running for", Status.RETRYING.value: "Since first start"}


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One line of the head: a label and its value, which is HTML when it is a ``SafeString``."""

    label: str
    value: str


@dataclass(frozen=True, kw_only=True)
class File:
    """An artifact of the request, with the link to it."""

    row: Artifact
    size: str
    expires: str
    link: SafeString


@dataclass(frozen=True, kw_only=True)
class RequestPage:
    """Everything the templates of the page read."""

    row: AsyncRequest
    badge: SafeString
    is_live: bool
    can_cancel: bool
    can_retry: bool
    headline: str
    facts: Sequence[Fact]
    outcome: Sequence[Document]
    """Result, error, and what the next attempt would go on from."""
    files: Sequence[File]
    bulk: BulkPart | None
    timeline: Timeline

    @property
    def request(self) -> Sequence[Document]:
        """The payload and options that the client sent. They never change, so the refreshed part leaves them out."""
        return [document("Payload", self.row.payload), document("Metadata", self.row.metadata)]


def request_page(row: AsyncRequest, *, can_steer: bool, connection_url: str | None) -> RequestPage:
    """Gather the page. ``connection_url`` is the page of its connection; None when the reader may not see one."""
    is_live = row.status in LIVE
    outcome = (("Error", row.error), ("Result", row.result), ("Checkpoint", row.resume_state))
    return RequestPage(
        row=row,
        badge=status_badge(row),
        is_live=is_live,
        can_cancel=can_steer and is_live and row.cancel_requested_at is None,
        can_retry=can_steer and not is_live,
        headline=said(row),
        facts=[*_times(row), *_who(row, connection_url), *_work(row)],
        outcome=[document(title, value) for title, value in outcome if value is not None],
        files=[_file(artifact) for artifact in files_of(row).order_by("filename")],
        bulk=bulk_part(row),
        timeline=timeline(row),
    )


def _times(row: AsyncRequest) -> Iterator[Fact]:
    yield Fact(label="Created", value=when(row.created_at))
    yield Fact(label="Queued for", value=duration(queued_seconds(row)))
    seconds = run_seconds(row)
    run_label = _RUN_LABELS.get(row.status, "Ran for")
    yield Fact(label=run_label, value=NOTHING if seconds is None else duration(seconds))
    if row.finished_at:
        yield Fact(label="Finished", value=when(row.finished_at))
    if row.status in (Status.PENDING, Status.RETRYING) and row.available_at > timezone.now():
        yield Fact(label="Next attempt", value=when(row.available_at))
    if row.status == Status.PROCESSING and row.lease_until:
        label = "Lease ends" if row.lease_until > timezone.now() else "Lease ended"
        yield Fact(label=label, value=when(row.lease_until))
    if row.cancel_requested_at:
        yield Fact(label="Cancel requested", value=when(row.cancel_requested_at))
    if row.expires_at and not row.started_at:
        yield Fact(label="Not started after", value=when(row.expires_at))


def _who(row: AsyncRequest, connection_url: str | None) -> Iterator[Fact]:
    yield Fact(label="User", value=row.user_id)
    yield Fact(label="Tenant", value=row.tenant_id)
    yield Fact(label="Client id", value=row.client_id or NOTHING)
    yield Fact(label="Connection", value=_connection(row.connection_id, connection_url))


def _work(row: AsyncRequest) -> Iterator[Fact]:
    yield Fact(label="Queue", value=row.queue)
    yield Fact(label="Priority", value=f"{row.priority} s head start" if row.priority else "none")
    yield Fact(label="Estimate", value=duration(row.estimated_seconds))
    yield Fact(label="Worker", value=row.worker or NOTHING)
    yield Fact(label="Attempt", value=_attempts(row))
    if row.parent_id:
        yield Fact(label="Shares", value=request_link(row.parent_id))
    if row.cached_from and row.computed_at:
        yield Fact(label="From cache", value=request_link(row.cached_from))
        yield Fact(label="Computed", value=when(row.computed_at))
    if origin := origin_of(row):
        yield Fact(label="Repeats", value=request_link(origin))


def _attempts(row: AsyncRequest) -> str:
    troubles = [(row.errors_count, "with an error"), (row.lost_count, "lost")]
    told = ", ".join(f"{count} {what}" for count, what in troubles if count)
    return f"{row.attempt} ({told})" if told else str(row.attempt)


def _connection(connection_id: UUID | None, url: str | None) -> str:
    if connection_id is None:
        return NOTHING
    if url is None:
        return str(connection_id)[:8]
    return format_html('<a class="st-id" href="{}" title="{}">{}</a>', url, connection_id, str(connection_id)[:8])


def _file(row: Artifact) -> File:
    return File(row=row, size=filesizeformat(row.size_bytes), expires=when(row.expires_at), link=download(row))
