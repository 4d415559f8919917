"""The columns of text files before their types are known: texts on disk, read once and then column by column."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from jobs.contract.quoting import quote_text
from jobs.data.datasets.failures import Unreadable
from jobs.data.datasets.naming import MAX_COLUMNS, unique_columns
from jobs.data.statements import fetch, fetch_watched
from jobs.data.type_inference import JsonFloat, JsonInt, Kind

_MOST_ROWS, _LEAST_ROWS = 122_880, 2_048
_CELLS = 4_000_000


@dataclass(kw_only=True)
class Texts:
    """Parquet files of texts. Their columns are called c0, c1 …, so no name in an upload clashes with one of ours."""

    connection: duckdb.DuckDBPyConnection
    folder: Path
    check: Callable[[], None] | None = None
    """A function that is called while statements run. It may raise an error to end them."""
    first_rows: int | None = None
    """The most rows that are read of each file, whose end may be cut off. None: all, and the file is whole."""
    parts: list[Path] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    """The names in the uploaded files, in the order of the columns."""
    types: dict[str, set[type]] = field(default_factory=dict)
    """Column → the JSON types of its values. A column of plain texts has no entry."""
    typed: Path | None = None
    """The path to which the only file may be written with its types at once, instead of as a part."""
    kinds: Mapping[str, Kind] | None = None
    """Column → its kind, once ``typed`` is written."""
    _numbers: dict[str, int] = field(default_factory=dict)

    def column(self, key: str, name: str) -> str:
        """Return our name for the column. Files that use the same ``key`` share it."""
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.names)
            self.names.append(name)
        return f"c{number}"

    def is_plain(self, column: str) -> bool:
        """Tell whether the column came as texts or digits, which JSON's texts are not."""
        return self.types.get(column, {JsonInt}) <= {JsonInt, JsonFloat}

    def refuse_too_many(self) -> None:
        if len(self.names) > MAX_COLUMNS:
            raise Unreadable(f"The table has {len(self.names):,} columns; {MAX_COLUMNS:,} is the most")

    def columns(self, notes: list[str]) -> dict[str, str]:
        """Return a mapping from our names to the unique names that people see."""
        return {f"c{at}": name for at, name in enumerate(unique_columns(self.names, notes))}

    def next_part(self) -> Path:
        """Return the path of the next part. It belongs to the table once it is in ``parts``."""
        return self.folder / f"texts-{len(self.parts)}.parquet"

    def forget_columns(self, count: int) -> None:
        """Keep the first ``count`` columns and drop those that a failed reading added."""
        del self.names[count:]
        self._numbers = {key: number for key, number in self._numbers.items() if number < count}

    @property
    def rows(self) -> str:
        """SQL for the rows of all parts. A column that a part lacks is NULL there."""
        union = ", union_by_name = true" if len(self.parts) > 1 else ""
        parts = ", ".join(quote_text(str(part)) for part in self.parts)
        return f"read_parquet([{parts}], hive_partitioning = false{union})"

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        if self.check is None:
            return fetch(self.connection, sql)
        return fetch_watched(self.connection, sql, (), self.check)

    def look(self) -> None:
        """Call ``check``, if there is one."""
        if self.check is not None:
            self.check()

    def copy(self, query: str, target: Path, width: int, compression: str = "zstd") -> None:
        """Write the result of ``query``, which has ``width`` columns. Wide rows form smaller row groups."""
        rows = max(_LEAST_ROWS, min(_MOST_ROWS, _CELLS // max(width, 1)))
        options = f"FORMAT parquet, COMPRESSION {compression}, ROW_GROUP_SIZE {rows}"
        self.run(f"COPY ({query}) TO {quote_text(str(target))} ({options})")

    def remove(self, paths: Iterable[Path]) -> None:
        for path in paths:
            path.unlink(missing_ok=True)
