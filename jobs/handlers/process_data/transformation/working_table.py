"""Hold the table that operations work on: each operation replaces it by its outcome.

Rows keep their order. DuckDB numbers the rows of a table as they were inserted (``rowid``). An operation that works
row by row goes through slices of these numbers. Each slice is short, reports progress, and a cancel is noticed
between slices.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from jobs.handler import DATA, OpenTable, quote_name
from jobs.handlers.process_data.columns import Column
from jobs.handlers.process_data.faults import OperationFault, unknown_column

OnProgress = Callable[[int, int], None]
"""Called with the units of work done, and the units in all."""
OnShare = Callable[[float], None]
"""Called with the share (0–1) of one statement that is done, while it runs."""
_SLICES = 20
# DuckDB keeps rows in groups of the larger size.
_MIN_ROWS, _MAX_ROWS = 2_048, 122_880


def slices(rows: int) -> Iterator[tuple[int, int]]:
    """Yield the first row, and the row after the last, of each slice. No rows give one empty slice."""
    size = rows_per_slice(rows)
    for first in range(0, max(rows, 1), size):
        yield first, min(rows, first + size)


def step_progress(on_progress: OnProgress, rows: int, *, step: int, steps: int) -> OnShare:
    """Return a callback for one statement over all ``rows``, which is ``step`` (0, 1, …) of ``steps``."""
    return lambda share: on_progress(int(rows * (step + share)), rows * steps)


def rows_per_slice(rows: int) -> int:
    return min(_MAX_ROWS, max(_MIN_ROWS, -(-rows // _SLICES)))


class WorkingTable:
    """The current table of a transformation. ``name``: its first table; ``prefix``: for names of tables it creates."""

    def __init__(self, table: OpenTable, *, name: str = DATA, prefix: str = "step") -> None:
        self._table = table
        self._prefix = prefix
        self._made = 0
        self.name = name
        self.columns: dict[str, Column] = {}
        self.rows = 0
        self._read_shape()

    def column(self, name: str, path: str) -> Column:
        """Return the column. Raises ``OperationFault``, listing the existing columns, if there is none of that name."""
        if name not in self.columns:
            raise OperationFault(path, unknown_column(name, list(self.columns)))
        return self.columns[name]

    def require_new(self, name: str, path: str) -> None:
        """Raise ``OperationFault`` if the name of another column differs only in case."""
        for other in self.columns:
            if other != name and other.casefold() == name.casefold():
                raise OperationFault(path, f"'{name}' differs from the column '{other}' only in upper and lower case")

    def fetch(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        return self._table.fetch(sql, parameters or {})

    def rewrite(
        self,
        cells: Mapping[str, str],
        on_progress: OnProgress,
        *,
        condition: str = "true",
        parameters: Mapping[str, Any] = {},
    ) -> None:
        """Rewrite row by row. ``cells``: name → SQL of the new value. ``condition``: the rows that stay."""
        select = ", ".join(f"{sql} AS {quote_name(name)}" for name, sql in cells.items())
        source, total = self.name, self.rows
        target = self._create(f"SELECT {select} FROM {source} WHERE {condition} LIMIT 0", parameters)
        with self._one_transaction():
            for first, after in slices(total):
                within = f"rowid >= {first} AND rowid < {after} AND ({condition})"
                self._table.execute(f"INSERT INTO {target} SELECT {select} FROM {source} WHERE {within}", parameters)
                on_progress(after, total)
        self._replace_with(target)

    def keep(self, rows: str, on_progress: OnProgress) -> None:
        """Keep only the rows whose numbers are in the table ``rows``: one column ``row``, in ascending order."""
        source, total = self.name, self.rows
        target = self._create(f"SELECT * FROM {source} LIMIT 0")
        with self._one_transaction():
            for first, after in slices(total):
                wanted = f"SELECT row FROM {rows} WHERE row >= {first} AND row < {after}"
                within = f"rowid >= {first} AND rowid < {after} AND rowid IN ({wanted})"
                self._table.execute(f"INSERT INTO {target} SELECT * FROM {source} WHERE {within} ORDER BY rowid")
                on_progress(after, total)
        self._replace_with(target)

    def replace(self, select: str, on_share: OnShare) -> None:
        """Replace the table by the outcome of a SELECT, which must be ordered."""
        self._replace_with(self._create(select, on_share=on_share))

    def side_table(self, select: str, on_share: OnShare) -> str:
        """Create another table; return its name. ``drop`` it when it is no longer needed."""
        return self._create(select, on_share=on_share)

    def append(self, name: str, select: str, on_share: OnShare) -> None:
        """Append the outcome of a SELECT to a table that ``side_table`` created."""
        self._table.execute(f"INSERT INTO {name} {select}", on_share=on_share)

    def drop(self, names: Sequence[str]) -> None:
        for name in names:
            self._table.execute(f"DROP TABLE {name}")

    @contextmanager
    def _one_transaction(self) -> Iterator[None]:
        """Commit all slices together. DuckDB then writes them once, not first to its log and then to the table."""
        self._table.execute("BEGIN TRANSACTION")
        yield
        self._table.execute("COMMIT")  # an error or a cancel ends the run, and the database with it

    def _create(self, select: str, parameters: Mapping[str, Any] | None = None, on_share: OnShare | None = None) -> str:
        self._made += 1
        name = f"{self._prefix}_{self._made}"
        self._table.execute(f"CREATE TABLE {name} AS {select}", parameters or {}, on_share=on_share)
        return name

    def _replace_with(self, name: str) -> None:
        if self.name != DATA:
            self.drop([self.name])
        self.name = name
        self._read_shape()

    def _read_shape(self) -> None:
        described = self._table.fetch(f"DESCRIBE {self.name}")
        self.columns = {name: Column(name=name, type=column_type) for name, column_type, *_ in described}
        if any(name.casefold() == "rowid" for name in self.columns):
            raise OperationFault("", "DuckDB keeps the name 'rowid' for itself: no column can have it")
        self.rows = int(self._table.fetch(f"SELECT count(*) FROM {self.name}")[0][0])
