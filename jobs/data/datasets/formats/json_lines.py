"""JSON Lines to Parquet: one object per line; its keys are the columns, in the order in which they first appear."""

import json
from pathlib import Path
from typing import Any

import duckdb

from jobs.contract.quoting import quote_name, quote_text
from jobs.data.datasets.failures import Unreadable, in_words
from jobs.data.datasets.formats.typed_parquet import write_typed
from jobs.data.datasets.naming import unique_columns
from jobs.data.type_inference import Kind, kinds_of_json

MAX_LINE_BYTES = 16 * 1024 * 1024
_LINES, _TABLE = "lines", "incoming"
_POSSIBLE = {
    "BOOLEAN": kinds_of_json(True),
    "BIGINT": kinds_of_json(1),
    "UBIGINT": kinds_of_json(1),
    "HUGEINT": kinds_of_json(1),
    "DOUBLE": kinds_of_json(1.0),
    "VARCHAR": kinds_of_json(""),
}
_NAMES = {list: "an array", str: "a text", int: "a number", float: "a number", bool: "a truth value"}


def json_lines_to_parquet(connection: duckdb.DuckDBPyConnection, path: Path, target: Path, notes: list[str]) -> None:
    """Read a UTF-8 file into ``target``. Nested values become their JSON text. Raises ``Unreadable``."""
    try:
        structure = _structure(connection, path)
    except duckdb.Error:
        structure = None
    if structure is None:
        raise _fault(path)
    if not structure:
        raise Unreadable("The objects have no keys, so there are no columns")
    keys = list(structure)
    names = unique_columns(keys, notes)
    shape = quote_text(json.dumps(dict.fromkeys(keys, "VARCHAR"), ensure_ascii=False))
    selected = ", ".join(
        f"record[{quote_text(key)}] AS {quote_name(name)}" for key, name in zip(keys, names, strict=True)
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW {_TABLE} AS "
        f"SELECT {selected} FROM (SELECT json_transform(json, {shape}) AS record FROM {_LINES})"
    )
    possible = {name: _possible(structure[key]) for key, name in zip(keys, names, strict=True)}
    nested = [name for key, name in zip(keys, names, strict=True) if isinstance(structure[key], dict | list)]
    notes += [f"The values of '{name}' are nested; they are kept as JSON text" for name in nested]
    write_typed(connection, _TABLE, names, target, possible)


def _structure(connection: duckdb.DuckDBPyConnection, path: Path) -> dict[str, Any] | None:
    """Map key → the name of its DuckDB type, or the nested structure; None: some line is no object."""
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW {_LINES} AS FROM read_ndjson_objects({quote_text(str(path))}, "
        f"maximum_object_size = {MAX_LINE_BYTES})"
    )
    strange, merged = connection.execute(
        f"SELECT count_if(json_type(json) <> 'OBJECT'), json_group_structure(json) FROM {_LINES}"
    ).fetchall()[0]
    if strange or merged is None:
        return None
    structure = json.loads(merged)
    return structure if isinstance(structure, dict) else {}


def _possible(structure: Any) -> tuple[Kind, ...]:
    return _POSSIBLE.get(structure, ()) if isinstance(structure, str) else ()


def _fault(path: Path) -> Unreadable:
    """Locate the first line that is no object."""
    with path.open("rb") as file:
        number = 0
        while line := file.readline(MAX_LINE_BYTES + 1):
            number += 1
            if len(line) > MAX_LINE_BYTES:
                return Unreadable.at(f"it is longer than {in_words(MAX_LINE_BYTES)}", line=number)
            if not line.strip():
                continue
            try:
                value = json.loads(line)
            except (ValueError, RecursionError) as error:
                where = f" (character {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
                return Unreadable.at(f"this is no JSON object{where}; JSON Lines has one on each line", line=number)
            if not isinstance(value, dict):
                return Unreadable.at(f"this is no object but {_NAMES.get(type(value), 'null')}", line=number)
    return Unreadable("The file cannot be read as JSON Lines")
