"""Find the requests of an owner by words of their titles, actions, tags and ids."""

import re
from functools import reduce
from operator import and_
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from jobs.models import AsyncRequest, RequestTag

MAX_SEARCHED: Final = 10_000
"""The most of an owner's requests that a search looks through, the newest: no index finds words inside of texts."""
_MAX_WORDS: Final = 8
_ID_START: Final = re.compile(r"[0-9a-f]{4,32}")


def matching(rows: QuerySet[AsyncRequest], text: str) -> QuerySet[AsyncRequest]:
    """Select those of the newest ``MAX_SEARCHED`` rows that have each word of ``text``, in any case.

    A word is looked for in title, action and tags, and at the beginning of the id and of the client's id.
    """
    oldest = rows.order_by("-created_at").values_list("created_at", flat=True)[MAX_SEARCHED - 1 : MAX_SEARCHED].first()
    if oldest is not None:
        rows = rows.filter(created_at__gte=oldest)
    words = text.split()[:_MAX_WORDS]
    return rows.filter(reduce(and_, map(_has, words), Q()))


def _has(word: str) -> Q:
    tagged = Exists(RequestTag.objects.filter(request=OuterRef("id"), tag__icontains=word))
    named = Q(title__icontains=word) | Q(action__icontains=word) | Q(client_id__startswith=word) | Q(tagged)
    digits = word.lower().replace("-", "")
    if not _ID_START.fullmatch(digits):
        return named
    return named | Q(id__range=(UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))))
