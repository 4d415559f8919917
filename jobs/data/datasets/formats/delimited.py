"""CSV and TSV to texts. DuckDB reads them quickly; a file that it refuses is read again, slowly and strictly."""

import csv
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import duckdb

from jobs.contract.quoting import quote_text
from jobs.data.datasets.failures import Unreadable, in_words
from jobs.data.datasets.formats.dialect import Dialect, find_dialect
from jobs.data.datasets.formats.texts import Texts
from jobs.data.datasets.naming import unique_columns

MAX_VALUE_BYTES = 8 * 1024 * 1024
_LOOK_ROWS = 1_000
_PLAIN = Dialect(delimiter=",", quote='"', escape='"', header=(), skipped_lines=0)


def read_delimited(texts: Texts, path: Path, header: bool | None, notes: list[str]) -> str:
    """Add the rows of a UTF-8 file to ``texts``. Return the format, csv or tsv. Raises ``Unreadable``."""
    dialect = find_dialect(path, header)
    if dialect is None:
        raise Unreadable("The file is empty")
    known = len(texts.names)
    try:
        notes += _read(texts, path, dialect)
    except Unreadable:
        # A later row may show that the quotes at the beginning are apostrophes.
        other = find_dialect(path, header, quotes='"') if dialect.quote == "'" else None
        if other is None:
            raise
        texts.forget_columns(known)
        with suppress(Unreadable):
            notes += _read(texts, path, other)
            return other.format
        raise
    return dialect.format


def _read(texts: Texts, path: Path, dialect: Dialect) -> list[str]:
    """Add the rows, and return notes about them."""
    notes = list(dialect.doubts)
    if not any(dialect.header):
        notes.append("The first line looks like data, not like names")
        names = [f"column_{number}" for number in range(1, len(dialect.header) + 1)]
    else:
        names = unique_columns(dialect.header, notes)
    columns = [texts.column(name.casefold(), name) for name in names]
    texts.refuse_too_many()
    part = texts.next_part()
    alone, plain = part.with_suffix(".rows"), part.with_suffix(".csv")
    try:
        _copy(texts, _rows_alone(path, alone, dialect), part, dialect, columns)
    except (duckdb.InvalidInputException, duckdb.ConversionException):
        rewrite(path, plain, dialect, texts.look)
        _copy(texts, plain, part, _PLAIN, columns)
    finally:
        texts.remove([alone, plain])
    texts.parts.append(part)
    return notes


def _rows_alone(path: Path, target: Path, dialect: Dialect) -> Path:
    """Return the file itself if it begins with a row, else write what follows the header to ``target``."""
    if not dialect.skipped_bytes:
        return path
    with path.open("rb") as source, target.open("wb") as file:
        source.seek(dialect.skipped_bytes)
        shutil.copyfileobj(source, file)
    return target


def _copy(texts: Texts, path: Path, part: Path, dialect: Dialect, columns: Sequence[str]) -> None:
    listed = ", ".join(f"{column}: 'VARCHAR'" for column in columns)
    options = {
        "auto_detect": "false",
        "header": "false",
        "strict_mode": "true",
        "null_padding": "false",
        "skip": "0",
        "delim": quote_text(dialect.delimiter),
        "quote": quote_text(dialect.quote),
        "escape": quote_text(dialect.escape),
        "nullstr": "''",
        "max_line_size": str(2 * MAX_VALUE_BYTES),
        "columns": f"{{{listed}}}",
    }
    given = ", ".join(f"{name} = {value}" for name, value in options.items())
    texts.copy(f"FROM read_csv({quote_text(str(path))}, {given})", part, len(columns), compression="snappy")


def rewrite(path: Path, target: Path, dialect: Dialect, look: Callable[[], None]) -> None:
    """Rewrite the rows in the simplest dialect, or raise ``Unreadable`` with the line of the first fault."""
    csv.field_size_limit(MAX_VALUE_BYTES)
    width = len(dialect.header)
    with path.open(encoding="utf-8", newline="") as source, target.open("w", encoding="utf-8", newline="") as file:
        lines = _Lines(source)
        writer = csv.writer(file, lineterminator="\n")
        reader = dialect.reader(lines, strict=True)
        while True:
            lines.begun = ""
            line = lines.number + 1
            try:
                row = next(reader, None)
            except csv.Error as error:
                raise _fault(error, line, lines.begun, dialect) from None
            if row is None:
                break
            if line <= dialect.skipped_lines or not row:
                continue
            if len(row) != width:
                fields = f"{len(row):,} field{'s' if len(row) > 1 else ''}"
                what = "the header" if any(dialect.header) else "the first line"
                raise Unreadable(f"line {line} has {fields}, {what} has {width:,}", {"line": line})
            writer.writerow(row)
            if line % _LOOK_ROWS == 0:
                look()


class _Lines(Iterator[str]):
    """The lines of a file, counted. It remembers the line with which the current row began."""

    def __init__(self, source: Iterator[str]) -> None:
        self._source = source
        self.number = 0
        self.begun = ""

    def __next__(self) -> str:
        line = next(self._source)
        self.number += 1
        self.begun = self.begun or line
        return line


def _fault(error: csv.Error, line: int, begun: str, dialect: Dialect) -> Unreadable:
    # Read leniently by itself, the line's last field is the one in which the strict reading failed.
    column = _fields_until_open_quote(begun, dialect)
    if "end of data" in str(error):
        return Unreadable.at("a quote is opened and never closed", line=line, column=column)
    if "field limit" in str(error):
        most = in_words(MAX_VALUE_BYTES)
        return Unreadable.at(f"a value is longer than {most}, or its quote is never closed", line=line, column=column)
    return Unreadable.at("there is text after a closing quote; a quote inside a value must be doubled", line=line)


def _fields_until_open_quote(text: str, dialect: Dialect) -> int:
    column, is_open = 1, False
    for character in text:
        if character == dialect.quote:
            is_open = not is_open
        elif character == dialect.delimiter and not is_open:
            column += 1
    return column
