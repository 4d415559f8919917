"""Search through indexes: a term is an id, the beginning of one, or the whole value of a column."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import CharField, Field, Q, QuerySet, UUIDField
from django.http import HttpRequest

MIN_DIGITS = 8
"""The least digits of an id by which it is found. Lists show as many."""


class IndexedSearch(admin.ModelAdmin):  # type: ignore[type-arg]  # Django's class takes no argument at run time
    """Finds rows by the columns in ``search_fields``, each of which an index begins with.

    A term is taken for the first thing that exists: a row is found by its user, or by the beginning of its id, never
    by either at once, because no index finds the newest rows of both.
    """

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        for reading in self.readings(term):
            if self.model._default_manager.filter(reading).exists():
                return queryset.filter(reading), False
        return queryset.none(), False

    def readings(self, term: str) -> Iterator[Q]:
        """Yield the conditions that a term may stand for, the most exact first."""
        columns = [(str(name), _column(self.model._meta.get_field(str(name)))) for name in self.search_fields]
        for name, column in columns:
            if isinstance(column, CharField) and len(term) <= (column.max_length or 0) and "\x00" not in term:
                yield Q(**{name: term})
        bounds = id_bounds(term)
        for name, column in columns:
            if isinstance(column, UUIDField) and bounds is not None:
                yield Q(**{f"{name}__range": bounds})


def _column(field: Any) -> "Field[Any, Any]":
    target: Field[Any, Any] = field.target_field if field.is_relation else field
    return target


def id_bounds(term: str) -> tuple[UUID, UUID] | None:
    """Return the lowest and the highest id that begin with these digits; None for what begins no id."""
    digits = term.strip().replace("-", "").lower()
    if not MIN_DIGITS <= len(digits) <= 32 or not set(digits) <= set("0123456789abcdef"):
        return None
    return UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))
