"""Rows whose types are known only when all have been seen: kept on disk as text until then."""

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from jobs.contract.quoting import quote_name
from jobs.contract.table import DATA
from jobs.data.statements import fetch, fetch_watched
from jobs.data.tables.run_database import RunDatabase
from jobs.data.tables.type_inference import Kind, kind_of, kind_of_text, text_of, type_of
from jobs.errors import Permanent

MAX_COLUMNS = 1_000
_STAGED, _BATCH = "staged", "incoming_batch"
_POSITION = "position"


class StagedRows:
    """Add rows in batches, then ``finish``: the table ``data`` has their columns in the order they came up."""

    def __init__(self, database: RunDatabase) -> None:
        self._database = database
        self._kinds: dict[str, set[Kind]] = {}
        self.rows = 0
        fetch(database.connection, f"CREATE TABLE {_STAGED} ({_POSITION} BIGINT)")

    def add(self, rows: Iterable[tuple[Mapping[str, str], Mapping[str, Any]]]) -> None:
        """Each row: values that came as text, and values that came as JSON. What both name is the former's."""
        texts = [self._texts(plain, typed) for plain, typed in rows]
        columns = {self._column(at): [row.get(name) for row in texts] for at, name in enumerate(self._kinds)}
        positions = pa.array(range(self.rows, self.rows + len(texts)), pa.int64())
        batch = {
            _POSITION: positions,
            **{name: pa.array(values, pa.large_string()) for name, values in columns.items()},
        }
        self._database.connection.register(_BATCH, pa.table(batch))
        fetch(self._database.connection, f"INSERT INTO {_STAGED} BY NAME FROM {_BATCH}")
        self.rows += len(texts)
        self._database.refuse_too_much()

    def finish(self) -> None:
        if not self._kinds:
            raise Permanent("These rows have no columns.")
        casts = ", ".join(
            f"{_cast(self._column(at), type_of(kinds))} AS {quote_name(name)}"
            for at, (name, kinds) in enumerate(self._kinds.items())
        )
        connection, check = self._database.connection, self._database.check
        fetch_watched(
            connection, f"CREATE TABLE {DATA} AS SELECT {casts} FROM {_STAGED} ORDER BY {_POSITION}", (), check
        )
        fetch(connection, f"DROP TABLE {_STAGED}")

    def _texts(self, plain: Mapping[str, str], typed: Mapping[str, Any]) -> dict[str, str | None]:
        texts: dict[str, str | None] = {}
        for name, value in typed.items():
            if name not in plain:
                texts[name] = text_of(value)
                self._see(name, None if value is None else kind_of(value))
        for name, text in plain.items():
            texts[name] = text
            self._see(name, kind_of_text(text))
        return texts

    def _see(self, name: str, kind: Kind | None) -> None:
        kinds = self._kinds.get(name)
        if kinds is None:
            kinds = self._add_column(name)
        if kind is not None:
            kinds.add(kind)

    def _add_column(self, name: str) -> set[Kind]:
        if not name or "\0" in name:
            raise Permanent("A column needs a name, without zero bytes.")
        if len(self._kinds) >= MAX_COLUMNS:
            raise Permanent(f"These rows have more than {MAX_COLUMNS:,} columns.")
        if any(name.casefold() == other.casefold() for other in self._kinds):
            raise Permanent(f"Two columns are called '{name}'. Names must differ in more than upper and lower case.")
        column = self._column(len(self._kinds))
        fetch(self._database.connection, f"ALTER TABLE {_STAGED} ADD COLUMN {column} VARCHAR")
        return self._kinds.setdefault(name, set())

    @staticmethod
    def _column(at: int) -> str:
        return f"column_{at}"


def _cast(column: str, kind: str) -> str:
    if kind == "TIMESTAMP":  # by way of a zone, so that those with an offset are taken in UTC
        return f"CAST(CAST({column} AS TIMESTAMP WITH TIME ZONE) AS TIMESTAMP)"
    return f"CAST({column} AS {kind})"
