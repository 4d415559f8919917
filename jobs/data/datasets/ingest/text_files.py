"""Text files of all formats to one table, for uploads and for files of tenants."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from jobs.data.datasets.failures import Unreadable
from jobs.data.datasets.formats.delimited import read_delimited
from jobs.data.datasets.formats.json_lines import read_json_lines
from jobs.data.datasets.formats.odd_values import odd_values
from jobs.data.datasets.formats.texts import Texts
from jobs.data.datasets.formats.typed_parquet import write_typed
from jobs.data.datasets.ingest.content import Kind
from jobs.data.datasets.ingest.encoding import as_utf8

_WRONG_ROWS = (
    duckdb.DataError,
    duckdb.InvalidInputException,
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.NotSupportedError,
    pa.ArrowInvalid,
    csv.Error,
    UnicodeError,
)


def add_text(texts: Texts, path: Path, kind: Kind, header: bool | None, notes: list[str]) -> str:
    """Add the rows of ``path``, in any encoding, to ``texts``. Return the format. Raises ``Unreadable``."""
    target = texts.folder / "utf8"
    try:
        text = as_utf8(path, target, notes, only_utf8=kind == "json")
        if kind == "json":
            read_json_lines(texts, text, notes)
            return "jsonl"
        return read_delimited(texts, text, header, notes)
    finally:
        texts.remove([target])


def finish(texts: Texts, target: Path, notes: list[str]) -> None:
    """Write ``texts`` to ``target``, each column with the type that its values fit."""
    columns = texts.columns(notes)
    kinds = write_typed(texts, columns, target)
    notes += odd_values(texts, {column: columns[column] for column, kind in kinds.items() if kind == "text"})


@contextmanager
def faults_of_files(memory: str) -> Iterator[None]:
    """Raise ``Unreadable`` instead of a library's error about the file or about ``memory``."""
    try:
        yield
    except (duckdb.OutOfMemoryException, MemoryError):
        raise Unreadable(f"The file needs more memory than it may use ({memory})") from None
    except _WRONG_ROWS as error:
        raise Unreadable(f"The file cannot be read: {str(error).splitlines()[0][:300]}") from error
