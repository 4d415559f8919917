"""Filters of the lists. Their choices come from the code or from one short query."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from jobs.contract.registry import all_handlers
from jobs.models import LIVE, WAITING, Status
from jobs.queue.names import own_queues

_MAX_TENANTS = 50
_WINDOWS = {
    "1h": ("Past hour", timedelta(hours=1)),
    "24h": ("Past 24 hours", timedelta(hours=24)),
    "7d": ("Past 7 days", timedelta(days=7)),
}
_STATUS_GROUPS = {"live": LIVE, "waiting": WAITING}


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
        return [("live", "Live (waiting or running)"), ("waiting", "Waiting"), *Status.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value is None:
            return queryset
        return queryset.filter(status__in=_STATUS_GROUPS.get(value, (value,)))


class ActionFilter(_ColumnFilter):
    title = "action"
    parameter_name = "action"

    def choices_of_column(self) -> Iterable[str]:
        return all_handlers()


class QueueFilter(_ColumnFilter):
    title = "queue"
    parameter_name = "queue"

    def choices_of_column(self) -> Iterable[str]:
        return sorted(own_queues())


class TenantFilter(SimpleListFilter):
    """The first tenants by name; the others are found by search, and by the parameter in the address."""

    title = "tenant"
    parameter_name = "tenant_id"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> list[tuple[str, str]]:
        rows = model_admin.model._default_manager.order_by("tenant_id").values_list("tenant_id", flat=True)
        names = list(rows.distinct()[:_MAX_TENANTS])
        chosen = self.value()
        if chosen and chosen not in names:
            names.append(chosen)
        return [(name, name) for name in names]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(tenant_id=self.value()) if self.value() else queryset


class CreatedFilter(SimpleListFilter):
    title = "created"
    parameter_name = "created"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> list[tuple[str, str]]:
        return [(key, label) for key, (label, _) in _WINDOWS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        window = _WINDOWS.get(self.value() or "")
        return queryset.filter(created_at__gte=timezone.now() - window[1]) if window else queryset
