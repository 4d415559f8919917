"""Names of columns and datasets that SQL can use when quoted. Some names are refused, others are repaired."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from jobs.data.datasets.failures import InvalidName, Unreadable

MAX_COLUMNS = 2_000
_MAX_COLUMN = 255
_KEPT_BY_DUCKDB = "rowid"
"""It numbers the rows of each table: in a table with such a column they have no numbers."""
_LONGEST = 64
_NAME = re.compile(r"[a-z0-9_][a-z0-9_-]{0,63}")
_ENDINGS = re.compile(r"(\.(csv|tsv|txt|tab|jsonl|ndjson|json|parquet|pq|xlsx|xlsm|xlsb|xls|ods|gz))+$", re.IGNORECASE)


def unique_columns(names: Sequence[str], notes: list[str]) -> list[str]:
    """Make names unique: an empty one becomes ``column_<number>``, a repeated one, in any case, gets ``_2``, ``_3`` …

    So does ``rowid``. Raises ``Unreadable`` for too many columns and for a name that is too long.
    """
    if len(names) > MAX_COLUMNS:
        raise Unreadable(f"The table has {len(names):,} columns; {MAX_COLUMNS:,} is the most")
    mended: list[str] = []
    # A repaired name must not equal the original name of a later column.
    own = {_clean(name).casefold() for name in names}
    taken: set[str] = set()
    for number, raw in enumerate(names, start=1):
        name = _clean(raw)
        if len(name) > _MAX_COLUMN:
            raise Unreadable(f"The name of column {number} is longer than {_MAX_COLUMN} characters")
        wanted = name or f"column_{number}"
        if (
            wanted.casefold() in taken
            or wanted.casefold() == _KEPT_BY_DUCKDB
            or (not name and wanted.casefold() in own)
        ):
            wanted = _numbered(wanted, taken | own)
        taken.add(wanted.casefold())
        mended.append(wanted)
        if not name:
            notes.append(f"Column {number} has no name; it is called '{wanted}'")
        elif name.casefold() == _KEPT_BY_DUCKDB:
            notes.append(f"Column {number} has a name that DuckDB keeps, '{name}'; it is called '{wanted}'")
        elif wanted != name:
            notes.append(f"Column {number} is a second '{name}'; it is called '{wanted}'")
    return mended


def checked_name(name: str) -> str:
    """Check and return a dataset's name as a user gave it. Raises ``InvalidName``."""
    if not _NAME.fullmatch(name):
        raise InvalidName(f"A name has lower-case letters, digits, _ and -, at most {_LONGEST}, and no - in front")
    return name


def name_from(filename: str, taken: Iterable[str]) -> str:
    """Make a name from the file's: ``Verkäufe 2024.csv.gz`` gives ``verkaufe_2024``, or ``…_2`` if that is taken."""
    stem = _ENDINGS.sub("", filename.replace("\\", "/").rpartition("/")[2])
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9_-]+", "_", plain).strip("_-")[: _LONGEST - 8] or "dataset"
    used = set(taken)
    return name if name not in used else _numbered(name, used)


def _clean(name: str) -> str:
    """Strip surrounding blanks, and replace invisible characters by blanks."""
    return "".join(c if c.isprintable() else " " for c in name).strip()


def _numbered(name: str, used: set[str]) -> str:
    number = 2
    while f"{name}_{number}".casefold() in used:
        number += 1
    return f"{name}_{number}"
