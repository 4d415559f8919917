"""Rows whose types are known only when all were read, and which are kept on disk as text until then."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from jobs.contract.quoting import quote_name
from jobs.contract.table import DATA
from jobs.data.datasets.failures import Unreadable
from jobs.data.datasets.formats.json_lines import json_text
from jobs.data.datasets.naming import unique_columns
from jobs.data.statements import fetch, fetch_watched
from jobs.data.tables.run_database import RunDatabase
from jobs.data.type_inference import ALL_KINDS, Kind, find_kinds, kinds_of_json, typed
from jobs.errors import Permanent
from jobs.jsonable import is_storable

MAX_COLUMNS = 1_000
_STAGED, _BATCH = "staged", "incoming_batch"
_POSITION = "position"


class StagedRows:
    """The rows: add them in batches, then ``finish``. The table ``data`` has their columns in order of appearance.

    Their names are made unique by the rules of datasets.
    """

    def __init__(self, database: RunDatabase) -> None:
        self._database = database
        self._possible: dict[str, set[Kind]] = {}
        """Column → the kinds that what came as JSON leaves possible."""
        self.rows = 0
        fetch(database.connection, f"CREATE TABLE {_STAGED} ({_POSITION} BIGINT)")

    def add(self, rows: Iterable[tuple[Mapping[str, str], Mapping[str, Any]]]) -> None:
        """Add rows, each a pair of text values and JSON values. Where both name a key, the text value wins."""
        texts = [self._texts(plain, typed) for plain, typed in rows]
        batch = {_POSITION: pa.array(range(self.rows, self.rows + len(texts)), pa.int64())}
        for at, name in enumerate(self._possible):
            try:
                batch[self._column(at)] = pa.array([row.get(name) for row in texts], pa.large_string())
            except UnicodeEncodeError:
                raise Permanent(f"A value of '{name}' has half of a character in it.") from None
        self._database.connection.register(_BATCH, pa.table(batch))
        fetch(self._database.connection, f"INSERT INTO {_STAGED} BY NAME FROM {_BATCH}")
        self.rows += len(texts)
        self._database.refuse_too_much()

    def finish(self) -> list[str]:
        """Make the table ``data``. Return notes about names that were changed."""
        if not self._possible:
            raise Permanent("These rows have no columns.")
        notes: list[str] = []
        try:
            unique = unique_columns(list(self._possible), notes)
        except Unreadable as error:
            raise Permanent(f"{error.message}.") from None
        names = {self._column(at): name for at, name in enumerate(unique)}
        possible = {self._column(at): _in_order(kinds) for at, kinds in enumerate(self._possible.values())}
        kinds = find_kinds(self._run, _STAGED, possible)
        casts = ", ".join(f"{typed(column, kinds[column])} AS {quote_name(name)}" for column, name in names.items())
        self._run(f"CREATE TABLE {DATA} AS SELECT {casts} FROM {_STAGED} ORDER BY {_POSITION}")
        fetch(self._database.connection, f"DROP TABLE {_STAGED}")
        return notes

    def _run(self, sql: str) -> list[tuple[Any, ...]]:
        return fetch_watched(self._database.connection, sql, (), self._database.check)

    def _texts(self, plain: Mapping[str, str], typed_values: Mapping[str, Any]) -> dict[str, str | None]:
        texts: dict[str, str | None] = {}
        for name, value in typed_values.items():
            if name not in plain:
                texts[name] = _text_of(value)
                self._column_of(name).intersection_update(kinds_of_json(value))
        for name, text in plain.items():
            texts[name] = text
            self._column_of(name)
        return texts

    def _column_of(self, name: str) -> set[Kind]:
        kinds = self._possible.get(name)
        return self._add_column(name) if kinds is None else kinds

    def _add_column(self, name: str) -> set[Kind]:
        if not is_storable(name):
            raise Permanent("The name of a column has a zero byte or half of a character in it.")
        if len(self._possible) >= MAX_COLUMNS:
            raise Permanent(f"These rows have more than {MAX_COLUMNS:,} columns.")
        column = self._column(len(self._possible))
        fetch(self._database.connection, f"ALTER TABLE {_STAGED} ADD COLUMN {column} VARCHAR")
        return self._possible.setdefault(name, set(ALL_KINDS))

    @staticmethod
    def _column(at: int) -> str:
        return f"column_{at}"


def _in_order(kinds: set[Kind]) -> Sequence[Kind]:
    return [kind for kind in ALL_KINDS if kind in kinds]


def _text_of(value: Any) -> str | None:
    """A JSON value as the text it is stored by until the type of its column is known."""
    if value is None or isinstance(value, str):
        return value
    return repr(value) if isinstance(value, float) else json_text(value)
