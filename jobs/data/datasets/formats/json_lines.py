"""JSON Lines to texts: one object per line; its keys are the columns, in the order in which they first appear.

Python parses the lines, not DuckDB. So keys may differ in case only, numbers keep their digits, and the memory needed
does not grow with the rows.
"""

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.data.datasets.failures import Unreadable
from jobs.data.datasets.formats.texts import Texts
from jobs.data.type_inference import JsonFloat, JsonInt
from jobs.formatting import format_bytes

MAX_LINE_BYTES = 16 * 1024 * 1024
_BATCH_CHARACTERS, _BATCH_CELLS = 4 * 1024 * 1024, 500_000
# A part needs a column even if all its objects are empty.
_ROW = "row"
_NAMES = {
    list: "an array",
    str: "a text",
    JsonInt: "a number",
    JsonFloat: "a number",
    bool: "a truth value",
    type(None): "null",
}


def read_json_lines(texts: Texts, path: Path, notes: list[str]) -> None:
    """Add the rows of a UTF-8 file to ``texts``. Nested values become their JSON text. Raises ``Unreadable``."""
    parser = JsonParser()
    with _Parts(texts) as parts:
        for number, value, size in islice(parser.lines(path), texts.first_rows):
            parts.add(number, value, size)
    if not texts.names:
        raise Unreadable("The objects have no keys, so there are no columns")
    nested = [name for at, name in enumerate(texts.names) if texts.types.get(f"c{at}", set()) & {dict, list}]
    notes += [f"The values of '{name}' are nested; they are kept as JSON text" for name in nested]
    if parser.twice:
        key, line = parser.twice
        notes.append(f"Some objects have a key twice, first '{key}' in line {line:,}; its first value was kept")


class JsonParser:
    """A parser that keeps the digits of numbers. It remembers the first key that an object has twice."""

    def __init__(self) -> None:
        self.twice: tuple[str, int] | None = None
        self._line = 0
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_int=JsonInt,
            parse_float=JsonFloat,
            parse_constant=lambda name: None if name == "NaN" else name,
        )

    def parse(self, text: str) -> Any:
        """Parse one JSON value. Raises ``ValueError`` and ``RecursionError``."""
        return self._decoder.decode(text)

    def lines(self, path: Path) -> Iterator[tuple[int, dict[str, Any], int]]:
        """Yield the number of each line that is not blank, its object and its size in bytes."""
        with path.open("rb") as file:
            while line := file.readline(MAX_LINE_BYTES + 1):
                self._line += 1
                if len(line) > MAX_LINE_BYTES:
                    raise Unreadable.at(f"it is longer than {format_bytes(MAX_LINE_BYTES)}", line=self._line)
                if line.strip():
                    yield self._line, self._parsed(line.decode()), len(line)

    def _parsed(self, line: str) -> dict[str, Any]:
        try:
            value = self.parse(line)
        except (ValueError, RecursionError) as error:
            where = f" (character {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
            raise Unreadable.at(
                f"this is no JSON object{where}; JSON Lines has one on each line", line=self._line
            ) from None
        if not isinstance(value, dict):
            raise Unreadable.at(f"this is no object but {_NAMES[type(value)]}", line=self._line)
        return value

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            made = {}
            for key, value in pairs:
                if key in made:
                    self.twice = self.twice or (key, self._line)
                made.setdefault(key, value)
        return made


class _Parts:
    """A writer of objects to parts of the table. A new key begins a new part with a column for it."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._rows: list[dict[str, Any]] = []
        self._lines: list[int] = []
        self._keys: dict[str, Any] = {}
        self._size = 0
        self._writer: pq.ParquetWriter | None = None
        self._known: tuple[str, ...] = ()

    def __enter__(self) -> "_Parts":
        return self

    def __exit__(self, *raised: object) -> None:
        if raised[0] is None and self._rows:
            self._write()
        if self._writer is not None:
            self._writer.close()

    def add(self, line: int, row: dict[str, Any], size: int) -> None:
        self._rows.append(row)
        self._lines.append(line)
        self._keys.update(row)
        self._size += size
        if self._size > _BATCH_CHARACTERS or len(self._rows) * len(self._keys) > _BATCH_CELLS:
            self._write()

    def _write(self) -> None:
        self._texts.look()
        for key in self._keys:
            self._texts.column(f"key {key}", key)
        self._texts.refuse_too_many()
        columns: dict[str, Any] = {_ROW: pa.array(self._lines, pa.int64())}
        for key in dict.fromkeys([*self._known, *self._keys]):
            columns[self._texts.column(f"key {key}", key)] = self._column(key)
        table = pa.table(columns)
        self._known = tuple(dict.fromkeys([*self._known, *self._keys]))
        if self._writer is None or table.schema != self._writer.schema:
            if self._writer is not None:
                self._writer.close()
            part = self._texts.next_part()
            self._writer = pq.ParquetWriter(part, table.schema, compression="snappy")
            self._texts.parts.append(part)
        self._writer.write_table(table)
        self._rows, self._lines, self._keys, self._size = [], [], {}, 0

    def _column(self, key: str) -> pa.Array:
        values = [row.get(key) for row in self._rows]
        types = set(map(type, values)) - {type(None)}
        self._texts.types.setdefault(self._texts.column(f"key {key}", key), set()).update(types)
        if types - {str, JsonInt, JsonFloat}:
            values = [None if value is None else json_text(value) for value in values]
        try:
            return pa.array(values, pa.large_string())
        except UnicodeEncodeError:
            raise self._half_character(key, values) from None

    def _half_character(self, key: str, values: Iterable[str | None]) -> Unreadable:
        for line, value in zip(self._lines, values, strict=True):
            if value is not None and any("\ud800" <= character <= "\udfff" for character in value):
                return Unreadable.at(f"the value of '{key}' has half of a character in it", line=line)
        raise AssertionError("no value has half of a character in it")


def json_text(value: Any, depth: int = 0) -> str:
    """Return a JSON value as text: a text as it is, but in quotes within an array or object."""
    if isinstance(value, dict):
        pairs = (f"{json.dumps(key, ensure_ascii=False)}:{json_text(of, depth + 1)}" for key, of in value.items())
        return f"{{{','.join(pairs)}}}"
    if isinstance(value, list):
        return f"[{','.join(json_text(of, depth + 1) for of in value)}]"
    if isinstance(value, JsonInt | JsonFloat) or (isinstance(value, str) and not depth):
        return value
    return json.dumps(value, ensure_ascii=False)
