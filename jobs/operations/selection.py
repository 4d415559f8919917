"""A selection of requests by what they have in common, which can be stored, walked through and counted in part.

The conditions of columns with an index choose the rows. Those on an error, a payload or a duration have none: they are
asked of the rows so chosen, some at a time, so that no statement reads a whole table.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import MAXYEAR, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.db.models.fields.json import KeyTransform
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from jobs.formatting import format_duration
from jobs.jsonable import is_storable
from jobs.models import FINAL, LIVE, WAITING, AsyncRequest, RequestTag, Status
from jobs.paging import first_of_all

SCANNED: Final = 10_000
"""The most rows that are read for an answer at once: a count, or a page of a list."""
PAGE: Final = 500
STATUS_GROUPS: Final[Mapping[str, Sequence[str]]] = {"live": LIVE, "waiting": WAITING}
WITH_FAILURES: Final = "with_failures"
MAX_SECONDS: Final = 36_525 * 86_400.0
"""A century: the longest duration, and the greatest age, that is looked for."""
_STATUSES: Final = frozenset((*Status.values, *STATUS_GROUPS, WITH_FAILURES))
_MOMENTS: Final = frozenset(("since", "until", "ended_since"))
_EXAMPLES: Final = 5
# Within these, no database and no time zone is at its end.
_MIN_YEAR: Final = 1900
Place = tuple[datetime, UUID]
"""Creation and id of a request: where a walk has come to."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The requests that have all of these values, without the shares of bulks. None: whatever it is."""

    ids: Sequence[UUID] | None = None
    """These and no others. Then no other condition holds."""
    status: str | None = None
    """A status, ``live``, ``waiting`` or ``with_failures``."""
    action: str | None = None
    queue: str | None = None
    tenant: str | None = None
    user: str | None = None
    client_id: str | None = None
    tag: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    """Created before."""
    code: str | None = None
    argument: str | None = None
    """``name=value`` of the payload; ``a.b=value`` for a nested one."""
    longer: float | None = None
    """They ran for at least these seconds, or have run so long."""
    ended_since: datetime | None = None

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) is not None for field in fields(self))

    def as_json(self) -> dict[str, Any]:
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: _plain(value) for name, value in given.items() if value is not None}

    @classmethod
    def of_json(cls, stored: Mapping[str, Any]) -> "Selection":
        """Read what ``as_json`` wrote. Raises ``ValueError``: what is misread might select more than was meant."""
        known = {field.name for field in fields(cls)}
        if not isinstance(stored, dict) or not set(stored) <= known:
            raise ValueError(f"no selection: {stored!r}")
        return cls(**{name: _read(name, value) for name, value in stored.items()})

    def words(self) -> str:
        """Describe it in one line: ``status failed, action delay, created before 2026-05-01 10:00:00``."""
        if self.ids is not None:
            return str(self.ids[0]) if len(self.ids) == 1 else f"{len(self.ids):,} chosen requests"
        told = [
            ("status", self.status),
            *(("action", self.action), ("queue", self.queue), ("tenant", self.tenant), ("user", self.user)),
            *(("client id", self.client_id), ("tag", self.tag), ("error", self.code), ("argument", self.argument)),
            ("ran for at least", None if self.longer is None else format_duration(self.longer)),
        ]
        given = [f"{name} {value}" for name, value in told if value is not None]
        times = [
            f"{name} {_moment(value)}"
            for name, value in (
                *(("created since", self.since), ("created before", self.until)),
                ("ended since", self.ended_since),
            )
            if value is not None
        ]
        return ", ".join([*(given or ["all requests"]), *times])

    # --- rows ---

    @property
    def is_indexed(self) -> bool:
        """True: indexes find them, so that none is read in vain."""
        return self.code is None and self.argument is None and self.longer is None and self.ended_since is None

    def pages(self, statuses: Sequence[str], after: Place | None = None, size: int = PAGE) -> Iterator["Page"]:
        """Walk through the requests in these statuses, the newest first. A page reads ``size`` rows at most."""
        while True:
            rows = self._page(statuses, after, size)
            if not rows:
                return
            after = rows[-1]
            meet = self._that_meet([request_id for _, request_id in rows])
            yield Page(ids=meet, end=after, read=len(rows), places={one: (at, one) for at, one in rows})
            if len(rows) < size:
                return

    def count(self, statuses: Sequence[str], limit: int = SCANNED) -> "Count":
        """Count the requests in these statuses, up to ``limit`` that are read."""
        found, read, examples = 0, 0, list[UUID]()
        for page in self.pages(statuses, size=min(limit, 5 * PAGE)):
            found, read = found + len(page.ids), read + page.read
            examples += page.ids[: _EXAMPLES - len(examples)]
            if read >= limit:
                return Count(number=found, is_least=True, read=read, examples=examples)
        return Count(number=found, is_least=False, read=read, examples=examples)

    def newest(self, limit: int) -> list[AsyncRequest]:
        """Read the newest ``limit`` of them, without what may be large. More than ``SCANNED`` are not looked at."""
        found: list[AsyncRequest] = []
        read = 0
        for page in self.pages(tuple(Status)):
            rows = AsyncRequest.objects.filter(id__in=page.ids).order_by("-created_at", "-id")
            found += rows.defer("payload", "result", "resume_state")[: limit - len(found)]
            read += page.read
            if len(found) >= limit or (read >= SCANNED and len(page.ids) < page.read):
                break
        return found

    def _page(self, statuses: Sequence[str], after: Place | None, size: int) -> list[Place]:
        wanted = [status for status in self._statuses() if status in statuses]
        if self.ids is not None:
            return self._named(wanted, after, size)
        parts = [self._part(status, after) for status in wanted]
        if not parts:
            return []
        return list(first_of_all(parts, "created_at", size).values_list("created_at", "id"))

    def _named(self, statuses: Sequence[str], after: Place | None, size: int) -> list[Place]:
        rows = AsyncRequest.objects.filter(id__in=list(self.ids or ()), status__in=statuses)
        return list(_beyond(rows, after).order_by("-created_at", "-id").values_list("created_at", "id")[:size])

    def _statuses(self) -> Sequence[str]:
        if self.status is None:
            return tuple(Status)
        if self.status == WITH_FAILURES:
            return (Status.COMPLETED,)
        return STATUS_GROUPS.get(self.status, (self.status,))

    def _part(self, status: str, after: Place | None) -> QuerySet[AsyncRequest]:
        """Select those in one status, with the condition of an index of live or of ended rows."""
        rows = AsyncRequest.objects.filter(parent__isnull=True, status=status, finished_at__isnull=status not in FINAL)
        named = {
            **{"action": self.action, "queue": self.queue, "tenant_id": self.tenant, "user_id": self.user},
            **{"client_id": self.client_id, "created_at__gte": self.since, "created_at__lt": self.until},
        }
        rows = rows.filter(**{name: value for name, value in named.items() if value is not None})
        if self.status == WITH_FAILURES:
            rows = rows.filter(failed_items__gt=0)
        if self.tag is not None:
            tagged = RequestTag.objects.filter(tag=self.tag)
            if self.tenant is not None:
                tagged = tagged.filter(tenant_id=self.tenant)
            rows = rows.filter(id__in=tagged.values("request_id"))
        return _beyond(rows, after)

    def _that_meet(self, ids: Sequence[UUID]) -> list[UUID]:
        """Leave those that meet the conditions without an index."""
        if self.is_indexed:
            return list(ids)
        rows = that_ran(AsyncRequest.objects.filter(id__in=ids), self.longer, timezone.now())
        if self.ended_since is not None:
            rows = rows.filter(finished_at__gte=self.ended_since)
        if self.code is not None:
            rows = rows.filter(error__code=self.code)
        if self.argument is not None:
            rows = with_argument(rows, self.argument)
        meet = set(rows.values_list("id", flat=True))
        return [one for one in ids if one in meet]


@dataclass(frozen=True, kw_only=True)
class Page:
    """A part of a walk."""

    ids: Sequence[UUID]
    """The requests that meet every condition."""
    end: Place
    """The last row that was read."""
    read: int
    places: Mapping[UUID, Place]
    """The place of each row that was read."""


@dataclass(frozen=True, kw_only=True)
class Count:
    """The number of requests that are selected."""

    number: int
    is_least: bool
    """True: there may be more, because not all were looked at."""
    read: int
    examples: Sequence[UUID]

    def __str__(self) -> str:
        return f"at least {self.number:,}" if self.is_least else f"{self.number:,}"


def with_argument(rows: QuerySet[AsyncRequest], argument: str) -> QuerySet[AsyncRequest]:
    """Keep those whose payload has this value: a text, or a number, true, false or null as JSON writes them.

    Raises ``ValueError`` for a text that is not ``name=value``.
    """
    names, values = read_argument(argument)
    key: Any = "payload"
    for name in names:
        key = KeyTransform(name, key)
    rows = rows.alias(argument_value=key)
    meets = Q()
    for value in values:
        meets |= Q(argument_value=value)
    return rows.filter(meets)


def read_argument(argument: str) -> tuple[Sequence[str], Sequence[Any]]:
    """Return the names that lead to the field, and the values that the text may mean. Raises ``ValueError``."""
    path, sign, text = argument.partition("=")
    names = path.strip().split(".")
    if not sign or not all(names) or "\x00" in argument:
        raise ValueError(f"'{argument}' is no argument such as format=pdf or options.limit=5")
    values: list[Any] = [text]
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return names, values
    if not isinstance(value, list | dict):
        values.append(value)
    return names, values


def that_ran(rows: QuerySet[AsyncRequest], seconds: float | None, now: datetime) -> QuerySet[AsyncRequest]:
    """Keep those that ran for ``seconds``, pauses included, or have run so long by ``now``."""
    if seconds is None:
        return rows
    least = timedelta(seconds=seconds)
    ended = Q(finished_at__isnull=False, finished_at__gte=F("started_at") + least)
    return rows.filter(ended | Q(finished_at__isnull=True, started_at__lte=now - least))


def _beyond(rows: QuerySet[AsyncRequest], after: Place | None) -> QuerySet[AsyncRequest]:
    if after is None:
        return rows
    created_at, last_id = after
    return rows.filter(Q(created_at__lt=created_at) | Q(id__lt=last_id), created_at__lte=created_at)


def _read(name: str, value: Any) -> Any:
    """Read one value as ``as_json`` wrote it, or as a page sent it, in which anybody may have changed it."""
    if name == "ids" and isinstance(value, list) and len(value) <= SCANNED:
        return [UUID(one) for one in value if isinstance(one, str)]
    if name == "longer" and type(value) in (int, float) and 0 <= value <= MAX_SECONDS:
        return value
    if isinstance(value, str) and name not in ("ids", "longer") and is_storable(value):
        if name == "argument":
            read_argument(value)
        if name in _MOMENTS:
            moment = parse_datetime(value)
            if moment is not None and moment.tzinfo is not None and _MIN_YEAR < moment.year < MAXYEAR:
                return moment
        elif name != "status" or value in _STATUSES:
            return value
    raise ValueError(f"{name} cannot be {value!r:.100}")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return [str(one) for one in value] if isinstance(value, list | tuple) else value


def _moment(value: datetime) -> str:
    return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}"
