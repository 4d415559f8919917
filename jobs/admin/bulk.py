"""The part of a bulk request's page about its items: their outcomes, the slices, and the child requests."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs.admin.formatting import NOTHING, badge, shortened, when
from jobs.admin.progress import duration_text, said, status_badge
from jobs.bulk.slices import counts
from jobs.contract.bulk import Counts
from jobs.models import AsyncRequest, BulkOutcome, BulkSlice, Status

MAX_SLICES, MAX_SHARES, MAX_CODES = 30, 10, 10
_MESSAGE = 60


@dataclass(frozen=True, kw_only=True)
class Slice:
    items: str
    state: SafeString
    done: str
    failed: int
    holder: SafeString | str
    takes: int


@dataclass(frozen=True, kw_only=True)
class Share:
    """A child request."""

    link: SafeString
    state: SafeString
    worker: str
    created: SafeString | str
    took: SafeString
    said: SafeString


@dataclass(frozen=True, kw_only=True)
class BulkPart:
    counts: Counts
    codes: Sequence[tuple[str, int]]
    """Error code → items that ended with it, the commonest first."""
    slices: Sequence[Slice]
    """Slices with work left come first."""
    more_slices: int
    shares: Sequence[Share]
    """The newest first."""
    more_shares: int


def bulk_part(row: AsyncRequest) -> BulkPart | None:
    """Gather the part about items. Return None for a request that is no bulk."""
    found = counts(row.id)
    if not found.total:
        return None
    slices = BulkSlice.objects.filter(request=row).defer("items").order_by("is_done", "number")
    shares = AsyncRequest.objects.filter(parent=row).defer("payload", "result").order_by("-created_at")
    shown = list(shares[:MAX_SHARES])
    running = {share.id for share in [row, *shown] if share.status == Status.PROCESSING}
    errors = BulkOutcome.objects.filter(request=row, error__isnull=False).order_by().values_list("error__code")
    return BulkPart(
        counts=found,
        codes=[
            (str(code), number) for code, number in errors.annotate(items=Count("id")).order_by("-items")[:MAX_CODES]
        ],
        slices=[_slice(one, row, running) for one in slices[:MAX_SLICES]],
        more_slices=max(0, slices.count() - MAX_SLICES),
        shares=[_share(share) for share in shown],
        more_shares=max(0, shares.count() - MAX_SHARES) if len(shown) == MAX_SHARES else 0,
    )


def request_link(request_id: UUID) -> SafeString:
    url = reverse("admin:jobs_asyncrequest_change", args=[request_id])
    return format_html('<a class="st-id" href="{}" title="{}">{}</a>', url, request_id, str(request_id)[:8])


def _slice(one: BulkSlice, row: AsyncRequest, running: set[UUID]) -> Slice:
    if one.is_done:
        state = badge("completed", "Done")
    elif one.holder in running:
        state = badge("processing", "Running")
    else:
        state = badge("pending", "Free", "Another attempt on the bulk takes it next.")
    holder: SafeString | str = NOTHING
    if one.holder is not None:
        holder = "this request" if one.holder == row.id else request_link(one.holder)
    return Slice(
        items=f"{one.first:,}–{one.first + one.size - 1:,}",
        state=state,
        done=f"{one.done:,} of {one.size:,}",
        failed=one.failed,
        holder=holder,
        takes=one.takes,
    )


def _share(row: AsyncRequest) -> Share:
    return Share(
        link=request_link(row.id),
        state=status_badge(row),
        worker=row.worker or NOTHING,
        created=when(row.created_at),
        took=duration_text(row),
        said=shortened(said(row), _MESSAGE),
    )
