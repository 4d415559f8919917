"""The changes on a page of a list since it was shown: the cells of its live rows, and the number of new rows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.templatetags.admin_list import items_for_result
from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR
from django.core.exceptions import BadRequest
from django.http import HttpRequest, JsonResponse
from django.utils.dateparse import parse_datetime

from jobs.admin.listing.pages import PlainChangeList
from jobs.formatting import format_count

IDS, AFTER = "_ids", "_after"
MAX_ROWS = 200
MAX_NEW = 100
"""New rows are counted up to here."""


class UnreadChangeList(PlainChangeList):
    """Knows columns and filters of a list, and reads no row of it."""

    def get_results(self, request: HttpRequest) -> None:
        self.result_list = self.queryset.none()
        self.result_count, self.multi_page, self.can_show_all = 0, False, False


def list_changes(request: HttpRequest, model_admin: Any) -> JsonResponse:
    """Answer ``{"rows": {id: cells}, "news": text}`` for the rows ``_ids`` of the list that the other parameters name.

    New are rows of the list that were created after the moment ``_after``. ``news`` is empty where there are none, and
    on pages that do not begin with the newest rows. Raises ``BadRequest``.
    """
    parameters = request.GET.copy()
    ids = _ids(parameters.pop(IDS, [""])[-1])
    after = _moment(parameters.pop(AFTER, [""])[-1])
    request.GET = parameters  # type: ignore[assignment]  # a copy that may be changed serves as well
    try:
        changelist = model_admin.get_changelist_instance(request)
    except IncorrectLookupParameters:
        raise BadRequest("No such filter") from None
    rows = changelist.root_queryset.filter(id__in=ids)
    cells = {str(row.id): "".join(items_for_result(changelist, row, None)) for row in rows}
    is_first_page = not {PAGE_VAR, ORDER_VAR} & parameters.keys()
    return JsonResponse({"rows": cells, "news": _news(changelist, after) if is_first_page and after else ""})


def _ids(text: str) -> Sequence[UUID]:
    try:
        return [UUID(one) for one in text.split(",")[:MAX_ROWS] if one]
    except ValueError:
        raise BadRequest(f"{IDS} has something that is no id") from None


def _moment(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    return moment if moment is None or moment.tzinfo else None


def _news(changelist: Any, after: datetime) -> str:
    count = len(changelist.queryset.filter(created_at__gt=after).values_list("id")[:MAX_NEW])
    if not count:
        return ""
    name = changelist.opts.verbose_name if count == 1 else changelist.opts.verbose_name_plural
    least = "at least " if count == MAX_NEW else ""
    return f"{least}{format_count(count)} new {name}: show"
