"""Filters on what no index has: the error, the payload and the duration of the newest requests.

They look at the ``SCANNED`` newest rows that the other filters leave, and stand after those.
"""

from typing import Any, Final

from django.contrib import messages
from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from jobs.admin.filters import TypedFilter, is_scanned
from jobs.errors import ErrorCode
from jobs.formatting import format_count, format_duration
from jobs.operations.selection import SCANNED, that_ran, with_argument

_PART: Final = 2_500
_DURATIONS: Final = (1, 10, 60, 600, 3600)
_NOTE: Final = f"among the newest {format_count(SCANNED)}"


class ScannedFilter(SimpleListFilter):
    """A condition that is asked of the newest rows alone."""

    note = _NOTE
    template = "admin/streamer/scanned_filter.html"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if not value:
            return queryset
        # The first of these filters takes the newest rows, and the others look among those that it leaves.
        if self.parameter_name != is_scanned(request):
            return self.narrow(request, queryset, value)
        newest = list(queryset.order_by("-created_at", "-id").values_list("id", flat=True)[:SCANNED])
        rows: QuerySet[Any] = queryset.model._default_manager.all()
        met: list[Any] = []
        # Named one by one: a planner may turn a subquery with a limit into a look at the whole table.
        for begin in range(0, len(newest), _PART):
            part = rows.filter(id__in=newest[begin : begin + _PART])
            met += self.narrow(request, part, value).values_list("id", flat=True)
        return rows.filter(id__in=met)

    def narrow(self, request: HttpRequest, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        raise NotImplementedError


class CodeFilter(ScannedFilter):
    title = "error"
    parameter_name = "code"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> list[tuple[str, str]]:
        return [(str(code), str(code)) for code in ErrorCode]

    def narrow(self, request: HttpRequest, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return rows.filter(error__code=value)


class DurationFilter(ScannedFilter):
    """Seconds from the first start to the end, or to now."""

    title = "duration"
    parameter_name = "longer"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> list[tuple[str, str]]:
        return [(str(seconds), f"At least {format_duration(seconds)}") for seconds in _DURATIONS]

    def narrow(self, request: HttpRequest, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        try:
            return that_ran(rows, float(value), timezone.now())
        except (ValueError, OverflowError):
            return rows.none()


class ArgumentFilter(TypedFilter, ScannedFilter):
    """A field of the payload has a value: both are typed in."""

    title = "argument"
    parameter_name = "argument"
    template = "admin/streamer/argument_filter.html"

    def narrow(self, request: HttpRequest, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        try:
            return with_argument(rows, value)
        except ValueError as error:
            messages.warning(request, str(error))
            return rows.none()
