"""The table that operations work on: each operation's outcome takes the place of what was there before.

Rows keep their order. DuckDB numbers the rows of a table as they were inserted (``rowid``), so an operation that goes
row by row is done in slices of these numbers: each slice is soon done, can be told, and a cancel is noticed between.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from jobs.handler import DATA, OpenTable
from jobs.handlers.process_data.columns import Column, quote_name
from jobs.handlers.process_data.faults import OperationFault, unknown_column

OnProgress = Callable[[int, int], None]
"""Called with the units of work that are done, and how many there are in all."""
OnShare = Callable[[float], None]
"""Called with the share (0–1) of one statement that is done, while it runs."""
_SLICES = 60
_MIN_ROWS, _MAX_ROWS = 2_000, 100_000


def slices(rows: int) -> Iterator[tuple[int, int]]:
    """First row, and the row after the last, of each slice. No rows are one empty slice."""
    size = rows_per_slice(rows)
    for first in range(0, max(rows, 1), size):
        yield first, min(rows, first + size)


def step_progress(on_progress: OnProgress, rows: int, *, step: int, steps: int) -> OnShare:
    """Tells ``on_progress`` of one statement over all ``rows`` that is ``step`` (0, 1, …) of ``steps``."""
    return lambda share: on_progress(int(rows * (step + share)), rows * steps)


def rows_per_slice(rows: int) -> int:
    return min(_MAX_ROWS, max(_MIN_ROWS, -(-rows // _SLICES)))


class WorkingTable:
    """Give ``name`` for a table other than the one that was opened; ``prefix`` sets apart the tables it makes."""

    def __init__(self, table: OpenTable, *, name: str = DATA, prefix: str = "step") -> None:
        self._table = table
        self._prefix = prefix
        self._made = 0
        self.name = name
        self.columns: dict[str, Column] = {}
        self.rows = 0
        self._read_shape()

    def column(self, name: str, path: str) -> Column:
        """Raises ``OperationFault``, with the columns there are, when there is none of that name."""
        if name not in self.columns:
            raise OperationFault(path, unknown_column(name, list(self.columns)))
        return self.columns[name]

    def require_new(self, name: str, path: str) -> None:
        """Raise ``OperationFault`` when another column has that name but for upper and lower case."""
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
        """Work row by row: ``cells`` is name → SQL of what each row becomes, ``condition`` which rows stay."""
        select = ", ".join(f"{sql} AS {quote_name(name)}" for name, sql in cells.items())
        source, total = self.name, self.rows
        target = self._create(f"SELECT {select} FROM {source} WHERE {condition} LIMIT 0", parameters)
        with self._one_transaction():
            for first, after in slices(total):
                within = f"rowid >= {first} AND rowid < {after} AND ({condition})"
                self._table.execute(
                    f"INSERT INTO {target} SELECT {select} FROM {source} WHERE {within} ORDER BY rowid", parameters
                )
                on_progress(after, total)
        self._replace_with(target)

    def keep(self, rows: str, on_progress: OnProgress) -> None:
        """Keep only the rows whose numbers ``rows``, a table with one column ``row`` in ascending order, holds."""
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
        """Put the outcome of a SELECT that has an order in the place of the table."""
        self._replace_with(self._create(select, on_share=on_share))

    def side_table(self, select: str, on_share: OnShare) -> str:
        """Make a table beside this one; returns its name. ``drop`` it when it has served."""
        return self._create(select, on_share=on_share)

    def append(self, name: str, select: str, on_share: OnShare) -> None:
        """Add the outcome of a SELECT to a table that ``side_table`` made."""
        self._table.execute(f"INSERT INTO {name} {select}", on_share=on_share)

    def drop(self, names: Sequence[str]) -> None:
        for name in names:
            self._table.execute(f"DROP TABLE {name}")

    @contextmanager
    def _one_transaction(self) -> Iterator[None]:
        """Slices that are committed together are written once; by themselves, to the log and to the table."""
        self._table.execute("BEGIN TRANSACTION")
        yield
        self._table.execute("COMMIT")  # what fails or is cancelled ends the run, and the database with it

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
            raise OperationFault("", "DuckDB keeps the name 'rowid' for itself: no column can be called so")
        self.rows = int(self._table.fetch(f"SELECT count(*) FROM {self.name}")[0][0])
