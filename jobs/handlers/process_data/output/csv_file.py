"""Write the outcome as CSV: UTF-8, a header row, commas, quoted text, empty cells for missing values."""

from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from jobs.handler import FORMULA_START
from jobs.handlers.process_data.output.cells import as_text, finite, is_plain

_OPTIONS = pa.csv.WriteOptions(include_header=False)


class CsvFile:
    """A writer of CSV. Texts that a spreadsheet would take for formulas get a leading apostrophe, in the header too."""

    def __init__(self, file: BinaryIO, schema: pa.Schema) -> None:
        self._file = file
        self._names = schema.names

    def __enter__(self) -> "CsvFile":
        names = (name.replace('"', '""') for name in _guarded(pa.array(self._names, pa.string())).to_pylist())
        self._file.write((",".join(f'"{name}"' for name in names) + "\n").encode())
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing: everything is written already."""

    def write(self, batch: pa.RecordBatch) -> None:
        cells = pa.RecordBatch.from_arrays([_cells(column) for column in batch.columns], names=self._names)
        pa.csv.write_csv(cells, self._file, _OPTIONS)


def _cells(column: pa.Array) -> pa.Array:
    if pa.types.is_decimal(column.type):
        return column
    return finite(column) if is_plain(column.type) else _guarded(as_text(column))


def _guarded(texts: pa.Array) -> pa.Array:
    return pc.if_else(
        pc.match_substring_regex(texts, FORMULA_START), pc.binary_join_element_wise("'", texts, ""), texts
    )
