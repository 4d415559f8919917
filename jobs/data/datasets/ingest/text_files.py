"""Text files of all formats to one table, for uploads and for files of tenants."""

import csv
import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from jobs.data.datasets.failures import TooLarge, Unreadable
from jobs.data.datasets.formats.delimited import read_delimited
from jobs.data.datasets.formats.json_lines import read_json_lines
from jobs.data.datasets.formats.odd_values import odd_values
from jobs.data.datasets.formats.texts import Texts
from jobs.data.datasets.formats.typed_parquet import write_typed
from jobs.data.datasets.ingest.content import Kind
from jobs.data.datasets.ingest.encoding import as_utf8

_FILE_LIMIT = os.strerror(errno.EFBIG)
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
    kinds = texts.kinds or write_typed(texts, columns, target)
    plain = [columns[column] for column, kind in kinds.items() if kind == "text" and texts.is_plain(column)]
    notes += odd_values(texts.run, target, plain)


@contextmanager
def faults_of_files(memory: str) -> Iterator[None]:
    """Raise ``DatasetError`` instead of a library's error about the file, about ``memory`` or about a full disk."""
    try:
        yield
    except (duckdb.OutOfMemoryException, MemoryError):
        raise Unreadable(f"The file needs more memory than it may use ({memory})") from None
    except RecursionError:
        raise Unreadable("A value of the file is nested too deep") from None
    except (OSError, duckdb.IOException) as error:
        # The process may write files up to a limit, and libraries differ in what they make of it.
        if _FILE_LIMIT not in str(error):
            raise
        raise TooLarge("The table takes more disk than it may use") from None
    except _WRONG_ROWS as error:
        raise Unreadable(f"The file cannot be read: {str(error).splitlines()[0][:300]}") from error
