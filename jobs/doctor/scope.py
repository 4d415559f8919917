"""The part of the history that an examination looks at: the latest of it, or all.

What goes on is always examined. Of what has ended, an ordinary examination takes as much whatever the tables hold.
"""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from jobs.doctor.check import MAX_EXAMPLES, Found, of_rows
from jobs.models import Artifact, AsyncRequest

LATEST = 1_000
"""The finished requests, and the artifacts, that an examination looks at which is not deep."""


@dataclass(frozen=True, kw_only=True)
class Scope:
    """The part that one examination looks at."""

    deep: bool = False
    """True: the whole history, and the bytes of every file."""
    start: str = field(default_factory=lambda: secrets.token_hex(2))
    """The place among stored names, which begin with random digits, from which some are looked at."""

    @property
    def live(self) -> QuerySet[AsyncRequest]:
        """Select the requests without an end."""
        # By their ids: SQLite would read the whole table in the order of ids to group what it joins to them.
        ids = AsyncRequest.objects.filter(finished_at__isnull=True).order_by().values("id")
        return AsyncRequest.objects.filter(id__in=ids)

    @property
    def ended(self) -> QuerySet[AsyncRequest]:
        """Select the requests with an end, the latest of them unless the look is deep."""
        rows = AsyncRequest.objects.filter(finished_at__isnull=False)
        return rows if self.deep else AsyncRequest.objects.filter(id__in=_latest(rows, "finished_at"))

    @property
    def artifacts(self) -> QuerySet[Artifact]:
        """Select the artifacts, the newest of them unless the look is deep."""
        rows = Artifact.objects.order_by()
        return rows if self.deep else rows.filter(id__in=_latest(rows, "created_at"))

    def parts(self) -> Iterator[QuerySet[AsyncRequest]]:
        """Yield both parts, each of which an index finds."""
        yield self.live
        yield self.ended

    def found_in(self, select: Callable[[QuerySet[AsyncRequest]], QuerySet[Any, Any]]) -> Found:
        """Report the rows that ``select`` leaves of each part. Their first column is the id."""
        founds = [of_rows(select(rows), "id") for rows in self.parts()]
        examples = [example for found in founds for example in found.examples]
        return Found(count=sum(found.count for found in founds), examples=tuple(examples[:MAX_EXAMPLES]))


def _latest(rows: QuerySet[Any], column: str) -> QuerySet[Any, Any]:
    return rows.order_by(f"-{column}").values("id")[:LATEST]
