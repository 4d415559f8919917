"""The part of a bulk request's page about its items: their outcomes, the slices, and the child requests."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Count, Sum
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs.admin.formatting import NOTHING, badge, shortened, when
from jobs.admin.progress import duration_text, said, status_badge
from jobs.bulk.slices import counts
from jobs.contract.bulk import Counts
from jobs.formatting import format_count
from jobs.models import AsyncRequest, BulkOutcome, BulkSlice, Status

MAX_SLICES, MAX_SHARES, MAX_CODES = 30, 10, 10
_MESSAGE = 60


@dataclass(frozen=True, kw_only=True)
class Slice:
    items: str
    state: SafeString
    done: str
    failed: str
    holder: SafeString | str
    takes: int


@dataclass(frozen=True, kw_only=True)
class Share:
    """A child request."""

    link: SafeString
    state: SafeString
    worker: str
    items: str
    """Its finished items, of those it has taken: ``4 of 9``."""
    percentage: float
    kind: str
    created: SafeString | str
    took: SafeString
    error: SafeString | str


@dataclass(frozen=True, kw_only=True)
class BulkPart:
    counts: Counts
    codes: Sequence[tuple[str, int]]
    """Error code → items that ended with it, the commonest first."""
    slices: Sequence[Slice]
    """Slices with work left come first."""
    more_slices: str
    shares: Sequence[Share]
    """The newest first."""
    all_shares: str
    """The list of all shares, when there are more than are shown; empty otherwise."""

    @property
    def figures(self) -> Sequence[tuple[str, str]]:
        """The counts of items with their labels: of all, by outcome, by error code."""
        counts = self.counts
        named = [("Total", counts.total), ("Processed", counts.processed), ("Succeeded", counts.succeeded)]
        return [(name, format_count(number)) for name, number in [*named, ("Failed", counts.failed), *self.codes]]


def bulk_part(row: AsyncRequest) -> BulkPart | None:
    """Gather the part about items. Return None for a request that is no bulk."""
    found = counts(row.id)
    if not found.total:
        return None
    slices = BulkSlice.objects.filter(request=row).defer("items").order_by("is_done", "number")
    shares = AsyncRequest.objects.filter(parent=row).defer("payload", "result").order_by("-created_at")
    shown = list(shares[: MAX_SHARES + 1])
    running = {share.id for share in [row, *shown] if share.status == Status.PROCESSING}
    errors = BulkOutcome.objects.filter(request=row, error__isnull=False).order_by().values_list("error__code")
    return BulkPart(
        counts=found,
        codes=[
            (str(code), number) for code, number in errors.annotate(items=Count("id")).order_by("-items")[:MAX_CODES]
        ],
        slices=[_slice(one, row, running) for one in slices[:MAX_SLICES]],
        more_slices=format_count(more) if (more := slices.count() - MAX_SLICES) > 0 else "",
        shares=_shares(row, shown[:MAX_SHARES]),
        all_shares=_list_of_shares(row.id) if len(shown) > MAX_SHARES else "",
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
        items=f"{format_count(one.first)}–{format_count(one.first + one.size - 1)}",
        state=state,
        done=f"{format_count(one.done)} of {format_count(one.size)}",
        failed=format_count(one.failed),
        holder=holder,
        takes=one.takes,
    )


def _shares(bulk: AsyncRequest, rows: Sequence[AsyncRequest]) -> list[Share]:
    taken = BulkSlice.objects.filter(request=bulk, holder__in=[row.id for row in rows]).order_by().values("holder")
    sums = taken.annotate(all_done=Sum("done"), all_items=Sum("size")).values_list("holder", "all_done", "all_items")
    found = {holder: (done, items) for holder, done, items in sums} if rows else {}
    return [_share(row, *found.get(row.id, (0, 0))) for row in rows]


def _share(row: AsyncRequest, done: int, items: int) -> Share:
    return Share(
        link=request_link(row.id),
        state=status_badge(row),
        worker=row.worker or NOTHING,
        items=f"{format_count(done)} of {format_count(items)}" if items else "none",
        percentage=100 * done / items if items else 0,
        kind=row.status,
        created=when(row.created_at),
        took=duration_text(row),
        error=shortened(said(row), _MESSAGE) if row.error else "",
    )


def _list_of_shares(bulk_id: UUID) -> str:
    return f"{reverse('admin:jobs_asyncrequest_changelist')}?{urlencode({'shares': bulk_id})}"
