"""Filters of the lists. Their choices come from the code or from one short query."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.expressions import RawSQL
from django.http import HttpRequest
from django.utils import timezone

from jobs.admin.listing import pages
from jobs.admin.listing.search import id_bounds
from jobs.contract.registry import all_handlers
from jobs.models import FINAL, LIVE, RequestTag, Status
from jobs.operations.selection import SCANNED, STATUS_GROUPS, WITH_FAILURES
from jobs.paging import first_of_all
from jobs.queue.names import own_queues

_MAX_TENANTS = 50
_DAYS = 7
CREATED_WINDOWS = {
    "1h": ("Past hour", timedelta(hours=1)),
    "24h": ("Past 24 hours", timedelta(hours=24)),
    "7d": ("Past 7 days", timedelta(days=7)),
}


SCANNED_PARAMETERS = ("code", "longer", "argument")
"""The parameters of the filters that no index answers (``jobs.admin.scanned_filters``)."""


def is_scanned(request: HttpRequest) -> str | None:
    """Return the first of these parameters that the page has, else None."""
    return next((name for name in SCANNED_PARAMETERS if request.GET.get(name)), None)


def _most_listed(request: HttpRequest) -> int:
    """Return the rows that a filter leaves to those after it."""
    return SCANNED if is_scanned(request) else pages.MAX_LISTED + 1


class _ColumnFilter(SimpleListFilter):
    """Rows whose column, called like the parameter, has the chosen value."""

    def choices_of_column(self) -> Iterable[str]:
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> list[tuple[str, str]]:
        return [(value, value) for value in self.choices_of_column()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset if value is None else queryset.filter(**{str(self.parameter_name): value})


class StatusFilter(SimpleListFilter):
    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> list[tuple[str, str]]:
        groups = [("live", "Not finished (waiting or running)"), ("waiting", "Waiting or retrying")]
        return [*groups, *Status.choices, (WITH_FAILURES, "Completed with failures")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value is None:
            return queryset
        if value == WITH_FAILURES:
            # Only completed ones have any. With a parameter or the status, SQLite would not use their index.
            return queryset.filter(finished_at__isnull=False, failed_items__gt=RawSQL("0", ()))
        statuses = STATUS_GROUPS.get(value, (value,))
        # With the condition of an index: of what goes on, or of what has ended.
        return queryset.filter(status__in=statuses, finished_at__isnull=statuses[0] not in FINAL)


class ActionFilter(_ColumnFilter):
    """Put it after those with an index: it merges what goes on and what has ended of the rows that they leave."""

    title = "action"
    parameter_name = "action"

    def choices_of_column(self) -> Iterable[str]:
        return all_handlers()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        rows = super().queryset(request, queryset)
        if self.value() is None:
            return rows
        parts = [rows.filter(finished_at__isnull=True, status__in=LIVE), rows.filter(finished_at__isnull=False)]
        return rows.filter(id__in=first_of_all(parts, "created_at", _most_listed(request)).values("id"))


class QueueFilter(_ColumnFilter):
    """The queue of what waits or runs. What has ended is found by its action."""

    title = "queue (waiting or running)"
    parameter_name = "queue"

    def choices_of_column(self) -> Iterable[str]:
        return sorted(own_queues())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        rows = super().queryset(request, queryset)
        return rows if self.value() is None else rows.filter(finished_at__isnull=True)


class TenantFilter(SimpleListFilter):
    """The first tenants by name; the others are found by search, and by the parameter in the address."""

    title = "tenant"
    parameter_name = "tenant_id"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> list[tuple[str, str]]:
        names = distinct_values(model_admin.model, "tenant_id", _MAX_TENANTS)
        chosen = self.value()
        if chosen and chosen not in names:
            names.append(chosen)
        return [(name, name) for name in names]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(tenant_id=self.value()) if self.value() else queryset


def distinct_values(model: type[Model], column: str, limit: int) -> list[str]:
    """List the first values of a column, in order. An index leads from each to the next, so few entries are read."""
    name, table = connection.ops.quote_name(column), connection.ops.quote_name(model._meta.db_table)
    after = f"(SELECT MIN({name}) FROM {table} WHERE {name} > found.value)"
    sql = (
        f"WITH RECURSIVE found (value) AS (SELECT MIN({name}) FROM {table} "
        f"UNION ALL SELECT {after} FROM found WHERE found.value IS NOT NULL) "
        "SELECT value FROM found WHERE value IS NOT NULL LIMIT %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [limit])
        return [value for (value,) in cursor.fetchall()]


def kept_parameters(changelist: Any, own: str | None) -> list[tuple[str, str]]:
    """List the parameters of the page that the form of a filter keeps: all but its ``own``, and the page's number."""
    shown = changelist.get_filters_params() | ({"q": changelist.query} if changelist.query else {})
    last = {name: value[-1] if isinstance(value, list) else value for name, value in shown.items()}
    return [(name, value) for name, value in last.items() if name not in (own, "p")]


class TypedFilter(SimpleListFilter):
    """A filter with a value that is typed in. Its template has a form with one field."""

    parameter_name: str
    other_parameters: Sequence[tuple[str, str]] = ()
    """The parameters of the page that the form keeps."""

    @property
    def typed(self) -> str:
        return self.value() or ""

    def has_output(self) -> bool:
        return True

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> list[tuple[str, str]]:
        return [(self.typed, self.typed)] if self.typed else []

    def choices(self, changelist: Any) -> Iterator[Any]:
        self.other_parameters = kept_parameters(changelist, self.parameter_name)
        yield from super().choices(changelist)


class DayFilter(TypedFilter):
    """One day, in the time zone of the site: one of the last, or any that is typed in."""

    title = "day"
    parameter_name = "day"
    template = "admin/streamer/day_filter.html"
    column = "created_at"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> list[tuple[str, str]]:
        today = timezone.localdate()
        days = [today - timedelta(days=back) for back in range(_DAYS)]
        return [(day.isoformat(), f"{day:%a} {day.day} {day:%b}") for day in days]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        try:
            day = date.fromisoformat(self.typed)
            begin, end = (timezone.make_aware(datetime.combine(day + timedelta(days=n), time())) for n in (0, 1))
        except (ValueError, OverflowError):
            return queryset
        return queryset.filter(**{f"{self.column}__gte": begin, f"{self.column}__lt": end})


class TagFilter(TypedFilter):
    """A tag that is typed in. The other filters look among the newest requests that have it."""

    title = "tag"
    parameter_name = "tag"
    template = "admin/streamer/tag_filter.html"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.typed:
            return queryset
        tagged = RequestTag.objects.filter(tag=self.typed)
        if tenant_id := request.GET.get(str(TenantFilter.parameter_name)):
            tagged = tagged.filter(tenant_id=tenant_id)
        newest = tagged.order_by("-created_at", "-request_id").values("request_id")
        return queryset.filter(id__in=newest[: _most_listed(request)])


class ShareFilter(SimpleListFilter):
    """Requests that share the work of a bulk are on the page of their bulk, and listed only for who asks.

    A search for an id finds them too. The parameter is ``with``, or the id of a bulk: then it lists its shares alone.
    """

    title = "shares of bulk operations"
    parameter_name = "shares"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> list[tuple[str, str]]:
        chosen = self._bulk_id()
        of_one = [(str(chosen), f"Only those of {str(chosen)[:8]}")] if chosen else []
        return [("with", "Listed here too"), *of_one]

    def choices(self, changelist: Any) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        yield {**first, "display": "Only on the page of their bulk operation"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if bulk_id := self._bulk_id():
            return queryset.filter(parent_id=bulk_id)
        if self.value() == "with" or id_bounds(request.GET.get("q", "")):
            return queryset
        return queryset.filter(parent__isnull=True)

    def _bulk_id(self) -> UUID | None:
        try:
            return UUID(self.value() or "")
        except ValueError:
            return None


class CreatedFilter(SimpleListFilter):
    title = "created"
    parameter_name = "created"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> list[tuple[str, str]]:
        return [(key, label) for key, (label, _) in CREATED_WINDOWS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        window = CREATED_WINDOWS.get(self.value() or "")
        return queryset.filter(created_at__gte=timezone.now() - window[1]) if window else queryset
