"""The selection that the filters and the search of a list stand for, so that an act can reach more than a page."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from jobs.admin.filters import CREATED_WINDOWS
from jobs.models import AsyncRequest
from jobs.operations.selection import SCANNED, Selection

_PLAIN: Final = {
    **{"status": "status", "action": "action", "queue": "queue", "tenant_id": "tenant", "tag": "tag"},
    **{"code": "code", "argument": "argument"},
}
"""Parameter of the list → the field of the selection that has the same value."""
_LOOKS: Final = frozenset(("o", "p", "all", "e", "_changelist_filters"))
"""Parameters that choose no rows."""
_OF_SEARCH: Final = {"user_id": "user", "tenant_id": "tenant", "client_id": "client_id", "error__code": "code"}


class NotSelectable(Exception):
    """The list is narrowed in a way that an act on all of it does not understand. The text names it."""


def selection_of_list(request: HttpRequest, readings: Callable[[str], Iterator[Q]]) -> Selection:
    """Read the parameters of the list. ``readings`` gives what a search may mean. Raises ``NotSelectable``."""
    fields: dict[str, Any] = {}
    for name in request.GET:
        value = str(request.GET[name])
        if value and name not in _LOOKS:
            for field, wanted in _fields_of(name, value, readings).items():
                if fields.setdefault(field, wanted) != wanted:
                    raise NotSelectable(f"The search and a filter name two different values of '{field}'")
    if "ids" in fields and len(fields) > 1:
        raise NotSelectable("An id and a filter")
    try:
        return Selection.of_json(Selection(**fields).as_json())
    except ValueError as error:
        raise NotSelectable(str(error)) from None


def _fields_of(name: str, value: str, readings: Callable[[str], Iterator[Q]]) -> Mapping[str, Any]:
    if name in _PLAIN:
        return {_PLAIN[name]: value}
    if name == "q":
        return _searched(value.strip(), readings) if value.strip() else {}
    if name == "created" and value in CREATED_WINDOWS:
        return {"since": timezone.now() - CREATED_WINDOWS[value][1]}
    if name == "day":
        return _day(value)
    try:
        if name == "longer":
            return {"longer": float(value)}
        if name == "finished_at__gte" and (moment := parse_datetime(value)) is not None:
            return {"ended_since": moment if moment.tzinfo else moment.replace(tzinfo=UTC)}
    except (ValueError, OverflowError):
        raise NotSelectable(f"{name}={value}") from None
    raise NotSelectable(f"{name}={value}")


def _searched(term: str, readings: Callable[[str], Iterator[Q]]) -> Mapping[str, Any]:
    for reading in readings(term):
        rows = AsyncRequest.objects.filter(reading)
        if rows.exists():
            return _of_reading(reading, rows)
    return {"ids": []}


def _of_reading(reading: Q, rows: QuerySet[AsyncRequest]) -> Mapping[str, Any]:
    conditions: dict[str, Any] = dict(child for child in reading.children if isinstance(child, tuple))
    if "error__code" in conditions:
        return {"code": conditions["error__code"], "status": "failed"}
    if "id__range" in conditions:
        ids: list[UUID] = list(rows.order_by().values_list("id", flat=True)[:SCANNED])
        return {"ids": ids}
    return {_OF_SEARCH[name]: value for name, value in conditions.items()}


def _day(value: str) -> Mapping[str, Any]:
    try:
        day = date.fromisoformat(value)
        begin, end = (timezone.make_aware(datetime.combine(day + timedelta(days=n), time())) for n in (0, 1))
    except (ValueError, OverflowError):
        return {}  # the list takes no notice of it either
    return {"since": begin, "until": end}
