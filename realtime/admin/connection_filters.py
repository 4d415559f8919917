"""Filters of the list of connections."""

from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest

from jobs.admin.filters import DayFilter
from realtime.admin.closings import CLOSINGS
from realtime.models import Connection
from realtime.sending.asking import ask_unhealthy
from realtime.wire.close_codes import CloseCode

_MAX_SERVERS = 50
_MAX_DIGITS = 5
# The usual codes of the protocol itself; the others are found by their number in the URL.
_USUAL = (1000, 1001, 1006)


class OpenFilter(SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> list[tuple[str, str]]:
        return [("open", "Open"), ("closed", "Closed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Connection]) -> QuerySet[Connection]:
        return queryset if self.value() is None else queryset.filter(closed_at__isnull=self.value() == "open")


class HealthFilter(SimpleListFilter):
    """The connections that have problems now, as their web processes tell."""

    title = "health"
    parameter_name = "health"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> list[tuple[str, str]]:
        return [("unhealthy", "Unhealthy")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Connection]) -> QuerySet[Connection]:
        if self.value() != "unhealthy":
            return queryset
        asked = ask_unhealthy()
        if not asked.is_whole:
            messages.warning(request, "Not every web process told the health of its connections.")
        return queryset.filter(id__in=list(asked.healths), closed_at=None)


class ConnectedFilter(DayFilter):
    """The day on which they were opened."""

    column = "connected_at"


class ServerFilter(SimpleListFilter):
    """The web processes that hold sockets now. Each start of a process has a new name, so old ones are left out."""

    title = "web process"
    parameter_name = "server"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> list[tuple[str, str]]:
        rows = Connection.objects.filter(closed_at=None).order_by("server").values_list("server", flat=True)
        names = list(rows.distinct()[:_MAX_SERVERS])
        chosen = self.value()
        if chosen and chosen not in names:
            names.append(chosen)
        return [(name, name) for name in names]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Connection]) -> QuerySet[Connection]:
        return queryset if self.value() is None else queryset.filter(server=self.value())


class CloseCodeFilter(SimpleListFilter):
    title = "close code"
    parameter_name = "close_code"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> list[tuple[str, str]]:
        return [(str(code), f"{code}: {CLOSINGS[code]}") for code in (*_USUAL, *CloseCode)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Connection]) -> QuerySet[Connection]:
        value = self.value() or ""
        return queryset.filter(close_code=int(value)) if value.isdecimal() and len(value) <= _MAX_DIGITS else queryset
