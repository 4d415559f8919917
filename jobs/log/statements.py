"""The SQL of one append: one UPDATE that fences, and one INSERT of all events; on PostgreSQL both are one statement.

Django compiles the UPDATE, once for each shape, and the text is kept. Values are prepared before a lock is taken, so
that none is held while Python thinks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, Literal
from uuid import UUID

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import F, Q
from django.db.models.sql import UpdateQuery

from jobs.columns import columns, read, saved, table
from jobs.jsonable import encode_json
from jobs.models import LIVE, AsyncRequest, RequestEvent, StoredBytes, UsageEntry
from jobs.usage.daily import Spent, day_of, insert_entry

_READ_BACK = ("last_seq", "attempt", "client_id", "tenant_id", "user_id", "cancel_requested_at", "stored_bytes")
EVENT_COLUMNS = ("request_id", "seq", "type", "data", "attempt", "created_at")
# SQLite takes 32,766 values in a statement, or 999 where it is old.
_MAX_ROWS = 150
_MAX_KEPT = 512
_SpentKind = Literal["nothing", "time", "all"]
_COMPARED = object()
_Condition = tuple[tuple[str, Any], ...] | Q
"""The shape of a condition: its lookups, without the values of those that compare a column with a value."""
_Shape = tuple[str, _Condition, tuple[tuple[str, bool], ...]]
_kept: dict[_Shape, tuple[str, tuple[Any, ...]]] = {}


@dataclass(frozen=True, kw_only=True)
class Changed:
    """The columns that an append reads back from the row it changed."""

    last_seq: int
    attempt: int
    client_id: str | None
    tenant_id: str
    user_id: str
    cancel_requested_at: datetime | None
    stored_bytes: int


@dataclass(frozen=True, kw_only=True)
class PreparedEvent:
    """An event whose data is encoded already. Its number and attempt are known only once the row is changed."""

    type: str
    data: str
    """A JSON object. It may lack its ``attempt``, and then gets the row's."""


def encode(data: Mapping[str, Any]) -> str:
    return encode_json(data).decode()


class Append:
    """One append, prepared. ``execute`` sends it; the caller opens a transaction where one is needed."""

    def __init__(
        self,
        request_id: UUID,
        where: Q,
        changes: Mapping[str, Any],
        events: Sequence[PreparedEvent],
        now: datetime,
        *,
        size: int,
        entry: int,
        spent: Spent | None = None,
        files: int = 0,
    ) -> None:
        """``size`` is what the row's ``stored_bytes`` grow by, ``entry`` what the tenant's use of its quota does.

        ``spent``: the attempt ends, and its use is counted, with ``files`` bytes beside those of the row.
        """
        self._spent = spent
        self._files = files
        self._day = None if spent is None else saved(UsageEntry, "day", day_of(now))
        self._now = saved(RequestEvent, "created_at", now)
        self._request_id = saved(AsyncRequest, "id", request_id)
        self._events = events
        self._entry = entry
        self._sql, self._values = _update(request_id, where, {**changes, "changed_at": now}, len(events), size)

    @property
    def is_one_statement(self) -> bool:
        """True: the database does all of it at once, and no transaction need be opened."""
        return _does_all_at_once() if self._events else not (self._entry or self._spent)

    def execute(self) -> Changed | None:
        """Change the row and insert the events. Return None when the row did not meet the condition."""
        with connection.cursor() as cursor:
            if self._events and _does_all_at_once():
                return self._execute_at_once(cursor)
            cursor.execute(self._sql + _returning(), self._values)
            row = cursor.fetchone()
            if row is None:
                return None
            changed = _changed(row)
            for start in range(0, len(self._events), _MAX_ROWS):
                self._insert(cursor, changed, start)
            if self._entry:
                cursor.execute(_insert_entry("VALUES (%s, %s)"), [changed.tenant_id, self._entry])
            if self._spent is not None:
                before = self._spent.bytes_before
                written = 0 if before is None else changed.stored_bytes - before + self._files
                values = [changed.tenant_id, self._day, self._spent.seconds, written]
                cursor.execute(insert_entry("VALUES (%s, %s, %s, %s, 0, 0)"), values)
            return changed

    def _execute_at_once(self, cursor: CursorWrapper) -> Changed | None:
        events = [value for event in self._events for value in (event.type, event.data)]
        sql = _at_once(self._sql, len(self._events), bool(self._entry), _kind_of(self._spent))
        entry: list[Any] = [self._entry] if self._entry else []
        if self._spent is not None:
            entry += [self._day, self._spent.seconds, self._files - (self._spent.bytes_before or 0)]
        cursor.execute(sql, [*self._values, len(self._events), self._now, *events, *entry])
        row = cursor.fetchone()
        return None if row is None else _changed(row)

    def _insert(self, cursor: CursorWrapper, changed: Changed, start: int) -> None:
        events = self._events[start : start + _MAX_ROWS]
        first = changed.last_seq - len(self._events) + 1 + start
        values: list[Any] = []
        for seq, event in enumerate(events, first):
            data = with_attempt(event.data, changed.attempt)
            values += (self._request_id, seq, event.type, data, changed.attempt, self._now)
        cursor.execute(insert_text(len(events)), values)


def with_attempt(data: str, attempt: int) -> str:
    """Put the attempt before the other members of an encoded object; the last of two of one name counts."""
    rest = data[1:]
    return f'{{"attempt":{attempt}}}' if rest == "}" else f'{{"attempt":{attempt},{rest}'


def _does_all_at_once() -> bool:
    # SQLite allows no UPDATE inside a common table expression.
    return connection.vendor == "postgresql"


# --- the update ------------------------------------------------------------------------------------------------------


def _update(request_id: UUID, where: Q, changes: Mapping[str, Any], count: int, size: int) -> tuple[str, list[Any]]:
    """Return the text and the values of the UPDATE. Its text is kept, unless a change is an expression."""
    if any(hasattr(value, "resolve_expression") for value in changes.values()):
        sql, values = _compile(request_id, where, changes, count, size)
        return sql, list(values)
    condition, compared = _condition(where)
    shape = (connection.alias, condition, tuple((name, value is None) for name, value in changes.items()))
    new = [saved(AsyncRequest, name, value) for name, value in changes.items() if value is not None]
    if (kept := _kept.get(shape)) is None:
        if len(_kept) >= _MAX_KEPT:
            _kept.clear()
        sql, values = _compile(request_id, where, changes, count, size)
        # The number of new events and their size come first, the id of the request last.
        first = 2 + len(new)
        fixed = first + len(compared)
        assert list(values[first:fixed]) == compared, "Django puts the values in the order of the condition"
        kept = _kept[shape] = (sql, values[fixed:-1])
    sql, others = kept
    return sql, [count, size, *new, *compared, *others, saved(AsyncRequest, "id", request_id)]


def _condition(where: Q) -> tuple[_Condition, list[Any]]:
    """Return the shape of a condition, and the values that it compares columns with.

    Each attempt compares with values of its own, and all of them share a text. A condition that is more than such
    comparisons and ``isnull``, all of which must hold, is a shape of its own.
    """
    if where.connector != Q.AND or where.negated:
        return where, []
    shape: list[tuple[str, Any]] = []
    compared = []
    for child in where.children:
        if not isinstance(child, tuple):
            return where, []
        name, value = child
        if name.endswith("__isnull"):
            shape.append((name, value))
        elif "__" in name or value is None or hasattr(value, "resolve_expression"):
            return where, []
        else:
            shape.append((name, _COMPARED))
            compared.append(saved(AsyncRequest, name, value))
    return tuple(shape), compared


def _compile(
    request_id: UUID, where: Q, changes: Mapping[str, Any], count: int, size: int
) -> tuple[str, tuple[Any, ...]]:
    rows = AsyncRequest.objects.filter(where, status__in=LIVE).filter(id=request_id)
    query = rows.query.chain(UpdateQuery)
    assert isinstance(query, UpdateQuery)
    query.add_update_values({"last_seq": F("last_seq") + count, "stored_bytes": F("stored_bytes") + size, **changes})
    sql, values = query.get_compiler(connection.alias).as_sql()
    return sql, tuple(values)


# --- texts that never change -----------------------------------------------------------------------------------------


@cache
def _returning() -> str:
    return f" RETURNING {columns(AsyncRequest, _READ_BACK)}"


@cache
def insert_text(count: int) -> str:
    """Return the INSERT of ``count`` events."""
    rows = ", ".join([f"({', '.join(['%s'] * len(EVENT_COLUMNS))})"] * count)
    return f"INSERT INTO {table(RequestEvent)} ({columns(RequestEvent, EVENT_COLUMNS)}) VALUES {rows}"


@cache
def _insert_entry(source: str) -> str:
    """Return the INSERT of an entry of the tenant's use of its quota."""
    return f"INSERT INTO {table(StoredBytes)} ({columns(StoredBytes, ('tenant_id', 'size_bytes'))}) {source}"


def _kind_of(spent: Spent | None) -> _SpentKind:
    if spent is None:
        return "nothing"
    return "time" if spent.bytes_before is None else "all"


@lru_cache(_MAX_KEPT)
def _at_once(update: str, count: int, has_entry: bool, spent: _SpentKind) -> str:
    """Return one statement for the UPDATE and ``count`` events, whose numbers it takes from the changed row."""
    entry = f", counted AS ({_insert_entry('SELECT changed.tenant_id, %s FROM changed')})" if has_entry else ""
    if spent != "nothing":
        # The last value is what the row did not count, less what it counted before; of "time" no bytes are counted.
        written = "changed.stored_bytes + %s" if spent == "all" else "0 * %s"
        entry += f", used AS ({insert_entry(f'SELECT changed.tenant_id, %s, %s, {written}, 0, 0 FROM changed')})"
    events = ", ".join(f"({number}, %s::text, %s::jsonb)" for number in range(1, count + 1))
    return (
        f"WITH changed AS ({update} RETURNING {columns(AsyncRequest, ('id', *_READ_BACK))}), "
        f"added AS (INSERT INTO {table(RequestEvent)} ({columns(RequestEvent, EVENT_COLUMNS)}) "
        "SELECT changed.id, changed.last_seq - %s + event.number, event.type, "
        "jsonb_build_object('attempt', changed.attempt) || event.data, changed.attempt, %s "
        f"FROM changed, (VALUES {events}) AS event (number, type, data)){entry} "
        f"SELECT {columns(AsyncRequest, _READ_BACK)} FROM changed"
    )


def _changed(row: Sequence[Any]) -> Changed:
    return Changed(**dict(zip(_READ_BACK, read(AsyncRequest, _READ_BACK, row), strict=True)))
