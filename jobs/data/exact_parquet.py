"""Copies of Parquet files that DuckDB reads as they are.

By itself it makes floats of decimals of more than 38 digits, and renames a second 'a' in its own way.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from uuid import uuid4

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

_BATCH_ROWS = 20_000
MAX_DIGITS = 38
_SMALL_GROUPS = 8
Rename = Callable[[list[str]], list[str]]


class _TooLong(Exception):
    """The column at ``position`` has a number of more than 38 digits."""

    def __init__(self, position: int) -> None:
        super().__init__(position)
        self.position = position


def exact_file(path: str, folder: Path, rename: Rename = lambda names: names) -> tuple[str, list[str]]:
    """Return ``path``, or a copy in ``folder`` if the file has wide decimals or ``rename`` changes its names.

    With it come the names of the columns whose wide decimals are texts in the copy. A damaged file is left to DuckDB,
    which says what is wrong.
    """
    try:
        schema = pq.read_schema(path)
        names = rename(schema.names)
        if names == schema.names and not any(map(pa.types.is_decimal256, schema.types)):
            return path, []
        copy = folder.resolve() / f"exact-{uuid4().hex}.parquet"
        texts = write_exact(Path(path), copy, names)
    except (pa.ArrowException, OSError):
        return path, []
    return str(copy), [names[at] for at in texts]


def has_small_groups(connection: duckdb.DuckDBPyConnection, paths: Sequence[str]) -> bool:
    """Tell whether no group of rows holds more than an eighth of all rows.

    DuckDB counts its progress in whole groups, and shares them among its threads.
    """
    groups = "SELECT DISTINCT file_name, row_group_id, row_group_num_rows AS rows FROM parquet_metadata(?)"
    [(most, total)] = connection.execute(f"SELECT max(rows), sum(rows) FROM ({groups})", [list(paths)]).fetchall()
    return total is not None and most * _SMALL_GROUPS <= total


def write_exact(path: Path, target: Path, names: Sequence[str] | None = None) -> list[int]:
    """Write the file to ``target`` with wide decimals as decimals of 38 digits if all values fit, else as texts.

    Return the positions of those that are texts. ``names``: the names of the columns, if they are to change.
    """
    texts: set[int] = set()
    while True:
        try:
            _write(path, target, names, texts)
            return sorted(texts)
        except _TooLong as found:
            texts.add(found.position)


def _write(path: Path, target: Path, names: Sequence[str] | None, texts: set[int]) -> None:
    with pq.ParquetFile(path) as file:
        fields = [
            pa.field(names[at] if names else field.name, _narrow_type(field.type, as_text=at in texts))
            for at, field in enumerate(file.schema_arrow)
        ]
        with pq.ParquetWriter(target, schema := pa.schema(fields)) as writer:
            for batch in file.iter_batches(_BATCH_ROWS):
                arrays = [
                    _cast(array, field.type, at) for at, (array, field) in enumerate(zip(batch, fields, strict=True))
                ]
                writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))


def _narrow_type(of_type: pa.DataType, *, as_text: bool) -> pa.DataType:
    if not pa.types.is_decimal256(of_type):
        return of_type
    return pa.string() if as_text or of_type.scale > MAX_DIGITS else pa.decimal128(MAX_DIGITS, of_type.scale)


def _cast(array: pa.Array, wanted: pa.DataType, position: int) -> pa.Array:
    if array.type == wanted:
        return array
    try:
        return array.cast(wanted)
    except pa.ArrowInvalid:
        raise _TooLong(position) from None
