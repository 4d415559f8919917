"""Pages of a list whose count stops early: to count a large table takes longer than to show a page of it."""

from functools import cached_property
from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

from jobs.formatting import format_count

MAX_LISTED = 1_000
"""The most rows that a list leads to. Older ones are found by a day, a filter or a search."""


class CappedPaginator(Paginator):  # type: ignore[type-arg]  # Django's class takes no argument at run time
    """Counts no more than ``MAX_LISTED`` rows and one."""

    max_listed = format_count(MAX_LISTED)

    @cached_property
    def count(self) -> int:
        return min(self._counted, MAX_LISTED)

    @property
    def is_cut(self) -> bool:
        """True: there are more rows than the pages lead to."""
        return self._counted > MAX_LISTED

    @cached_property
    def _counted(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]  # the admin gives nothing else
        return rows.order_by().values("pk")[: MAX_LISTED + 1].count()


class PlainChangeList(ChangeList):
    """Offers to show all rows only where a search or a filter has left some out."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not (self.query or self.get_filters_params()):
            self.full_result_count = self.result_count
