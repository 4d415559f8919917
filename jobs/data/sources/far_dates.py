"""Dates and timestamps of PostgreSQL that Python has no values for: infinite ones, and years before 1 or after 9999.

The driver refuses the whole row that holds one. Here it becomes a number, which DuckDB takes for what it was.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
from django.db.backends.utils import CursorWrapper

_TEXT = re.compile(
    r"(?P<year>\d+)-(?P<month>\d\d)-(?P<day>\d\d)"
    r"( (?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(\.(?P<fraction>\d{1,6}))?)?"
    r"((?P<sign>[+-])(?P<hours>\d\d)(:(?P<minutes>\d\d))?(:(?P<seconds>\d\d))?)?(?P<before> BC)?"
)
_DAY, _SECOND = 86_400_000_000, 1_000_000
# What DuckDB takes for infinite.
_INFINITE_DAYS, _INFINITE_MICROSECONDS = 2**31 - 1, 2**63 - 1
_EPOCH = datetime(1970, 1, 1)
_TYPES = {"date": pa.date32(), "timestamp": pa.timestamp("us"), "timestamptz": pa.timestamp("us", "UTC")}


@dataclass(frozen=True)
class FarDate:
    """A date or a timestamp that no object of Python's stands for."""

    text: str
    kind: str
    """``date``, ``timestamp`` or ``timestamptz``."""
    number: int
    """Days, or microseconds in UTC, since 1970."""

    def __str__(self) -> str:
        return self.text


def read_all_dates(cursor: CursorWrapper) -> None:
    """Have the cursor give a ``FarDate`` where it would fail. Does nothing for databases other than PostgreSQL."""
    if cursor.db.vendor != "postgresql":
        return
    adapters = cursor.cursor.adapters
    for kind in _TYPES:
        oid = adapters.types[kind].oid
        adapters.register_loader(oid, _tolerant(adapters.get_loader(oid, 0), kind))


def far_array(values: Sequence[Any]) -> pa.Array | None:
    """An array of a column of dates with a ``FarDate`` among them; None for all other columns."""
    kinds = {value.kind for value in values if isinstance(value, FarDate)}
    if len(kinds) != 1 or not all(value is None or isinstance(value, FarDate | date) for value in values):
        return None
    [kind] = kinds
    numbers = [None if value is None else _number(value) for value in values]
    return pa.array(numbers, pa.int32() if kind == "date" else pa.int64()).view(_TYPES[kind])


def far_date(text: str, kind: str) -> FarDate | None:
    """Read the date that PostgreSQL's ``text`` means; None if it is written in another style than ISO's."""
    most = _INFINITE_DAYS if kind == "date" else _INFINITE_MICROSECONDS
    if text.endswith("infinity"):
        return FarDate(text, kind, -most if text.startswith("-") else most)
    found = _TEXT.fullmatch(text)
    if found is None:
        return None
    part = {name: int(digits or 0) for name, digits in found.groupdict("0").items() if name not in ("sign", "before")}
    days = _days(1 - part["year"] if found["before"] else part["year"], part["month"], part["day"])
    if kind == "date":
        return FarDate(text, kind, days)
    seconds = (part["hour"] * 60 + part["minute"]) * 60 + part["second"]
    offset = (part["hours"] * 60 + part["minutes"]) * 60 + part["seconds"]
    seconds -= -offset if found["sign"] == "-" else offset
    fraction = int((found["fraction"] or "").ljust(6, "0"))
    return FarDate(text, kind, max(-most, min(most, days * _DAY + seconds * _SECOND + fraction)))


def _tolerant(loader: Any, kind: str) -> type:
    # SQLite's installations have no driver for PostgreSQL.
    import psycopg  # noqa: PLC0415
    from psycopg.adapt import Loader  # noqa: PLC0415

    class Tolerant(Loader):
        def __init__(self, oid: int, context: Any = None) -> None:
            super().__init__(oid, context)
            self._usual = loader(oid, context)

        def load(self, data: Any) -> Any:
            try:
                return self._usual.load(data)
            except psycopg.DataError:
                if (far := far_date(bytes(data).decode(), kind)) is None:
                    raise
                return far

    return Tolerant


def _number(value: FarDate | date) -> int:
    if isinstance(value, FarDate):
        return value.number
    if not isinstance(value, datetime):
        return (value - _EPOCH.date()).days
    plain = value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)
    return (plain - _EPOCH) // timedelta(microseconds=1)


def _days(year: int, month: int, day: int) -> int:
    """Days since 1970 in the Gregorian calendar, of any year; the year 0 comes before the year 1."""
    # The calendar repeats every 400 years of 146,097 days: count in a cycle that Python has.
    cycles = (year - 2000) // 400
    return (date(year - cycles * 400, month, day) - _EPOCH.date()).days + cycles * 146_097
