"""The content of the page of one request, gathered from its row, its log and its files."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs.admin.artifacts import download
from jobs.admin.detail.acts import Act, acts_of
from jobs.admin.detail.bulk import BulkPart, bulk_part, request_link
from jobs.admin.detail.documents import Document, document
from jobs.admin.detail.headline import headline, wait_headline
from jobs.admin.detail.process import is_inspectable, process_facts
from jobs.admin.detail.timeline import Timeline, timeline
from jobs.admin.formatting import NOTHING, when
from jobs.admin.progress import queued_seconds, run_seconds, status_badge, status_kind
from jobs.files.artifacts import files_of
from jobs.formatting import format_bytes, format_duration
from jobs.models import LIVE, WAITING, Artifact, AsyncRequest, PausedAction, Status
from jobs.operations.verbs import VERBS
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
    kind: str
    """The kind by which the style sheet colours its parts."""
    is_live: bool
    can_cancel: bool
    can_retry: bool
    """It failed, was cancelled, or waits for another attempt."""
    can_replay: bool
    can_move: bool
    """It waits, so that its priority counts."""
    can_prune: bool
    can_inspect: bool
    console_url: str | None
    """The request in the console; None when the reader may not see it there."""
    wait: str
    """Why it waits, as its user reads it. Empty for one that does not wait."""
    headline: str
    facts: Sequence[Fact]
    outcome: Sequence[Document]
    """Result, error, and what the next attempt would go on from."""
    files: Sequence[File]
    bulk: BulkPart | None
    acts: Sequence[Act]
    timeline: Timeline

    @property
    def shows_bar(self) -> bool:
        """True: it runs, or did a part before it stopped. What is complete needs no bar, what waits has none."""
        return self.row.status != Status.COMPLETED and (self.row.percentage > 0 or self.row.status in _RUN_LABELS)

    @property
    def request(self) -> Sequence[Document]:
        """The payload and options that the client sent. They never change, so the refreshed part leaves them out."""
        sent = [("Payload", self.row.payload), ("Metadata", self.row.metadata)]
        return [document(title, value, by_name=True) for title, value in sent if value or title == "Payload"]


def request_page(
    row: AsyncRequest,
    *,
    can_steer: bool,
    can_prune: bool = False,
    connection_url: str | None,
    console_url: str | None,
) -> RequestPage:
    """Gather the page. The URLs are those of its connection and of the console; None where the reader may not look."""
    is_live = row.status in LIVE
    is_steered = can_steer and row.parent_id is None and row.ending_until is None
    outcome = (
        ("Error of an earlier attempt" if is_live else "Error", row.error),
        ("Result", row.result),
        ("Checkpoint", row.resume_state),
    )
    files, events = list(files_of(row).order_by("filename")), timeline(row)
    return RequestPage(
        row=row,
        badge=status_badge(row),
        kind=status_kind(row),
        is_live=is_live,
        can_cancel=can_steer and is_live and row.cancel_requested_at is None and row.ending_until is None,
        can_retry=is_steered and row.status in VERBS["retry"].statuses and row.cancel_requested_at is None,
        can_replay=is_steered and row.status == Status.COMPLETED,
        can_move=is_steered and row.status in WAITING and row.cancel_requested_at is None,
        can_prune=can_prune and not is_live,
        can_inspect=can_steer and is_inspectable(row),
        console_url=console_url,
        wait=wait_headline(row),
        headline=headline(row, files, events.cancel_mode),
        facts=[fact for fact in _facts(row, connection_url, events.stage) if fact.value != NOTHING],
        outcome=[
            document(title, value, folds=title == "Checkpoint", by_name=title.startswith("Error"))
            for title, value in outcome
            if value is not None
        ],
        files=[_file(artifact) for artifact in files],
        bulk=bulk_part(row),
        acts=acts_of(row),
        timeline=events,
    )


def _facts(row: AsyncRequest, connection_url: str | None, stage: str) -> Iterator[Fact]:
    yield from _times(row)
    yield from _who(row, connection_url)
    yield from _work(row)
    if row.status == Status.PROCESSING:
        yield Fact(label="Stage", value=stage or NOTHING)
        for label, value in process_facts(row):
            yield Fact(label=label, value=value)


def _times(row: AsyncRequest) -> Iterator[Fact]:
    yield Fact(label="Created", value=when(row.created_at))
    yield Fact(label="Waited", value=format_duration(queued_seconds(row)))
    seconds = run_seconds(row)
    run_label = _RUN_LABELS.get(row.status, "Ran for")
    yield Fact(label=run_label, value=NOTHING if seconds is None else format_duration(seconds))
    if row.finished_at:
        yield Fact(label="Finished", value=when(row.finished_at))
    if row.status == Status.RETRYING and row.available_at > timezone.now():
        yield Fact(label="Next attempt", value=when(row.available_at))
    if row.status in WAITING and (pause := PausedAction.objects.filter(action=row.action).first()):
        yield Fact(label="Paused", value=format_html("{}{}", when(pause.paused_at), _pause_words(pause)))
    if row.status == Status.PROCESSING and row.lease_until:
        label = "Lease ends" if row.lease_until > timezone.now() else "Lease ended"
        yield Fact(label=label, value=when(row.lease_until))
    if row.ending_until:
        yield Fact(label="Receipt made until", value=when(row.ending_until))
    if row.cancel_requested_at:
        yield Fact(label="Cancel requested", value=when(row.cancel_requested_at))
    if row.expires_at and not row.started_at:
        yield Fact(label="Not started after", value=when(row.expires_at))


def _pause_words(pause: PausedAction) -> str:
    by = f" by {pause.paused_by}" if pause.paused_by else ""
    return f"{by}: {pause.reason}" if pause.reason else by


def _who(row: AsyncRequest, connection_url: str | None) -> Iterator[Fact]:
    yield Fact(label="User", value=row.user_id)
    yield Fact(label="Tenant", value=row.tenant_id)
    yield Fact(label="Client id", value=row.client_id or NOTHING)
    if row.tags:
        yield Fact(label="Tags", value=", ".join(row.tags))
    yield Fact(label="Connection", value=_connection(row.connection_id, connection_url))


def _work(row: AsyncRequest) -> Iterator[Fact]:
    yield Fact(label="Action", value=row.action)
    yield Fact(label="Queue", value=row.queue)
    yield Fact(label="Priority", value=f"{format_duration(row.priority)} head start" if row.priority else NOTHING)
    yield Fact(label="Estimate", value=format_duration(row.estimated_seconds))
    yield Fact(label="Worker", value=row.worker or NOTHING)
    yield Fact(label="Attempt", value=_attempts(row) if row.attempt else NOTHING)
    if row.parent_id:
        yield Fact(label="Share of", value=request_link(row.parent_id))
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
    return File(row=row, size=format_bytes(row.size_bytes), expires=when(row.expires_at), link=download(row))
