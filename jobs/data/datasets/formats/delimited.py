"""CSV and TSV to texts. DuckDB reads them quickly; a file that it refuses is read again, slowly and strictly."""

import csv
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import duckdb

from jobs.contract.quoting import quote_text
from jobs.data.datasets.failures import Unreadable
from jobs.data.datasets.formats.dialect import Dialect, find_dialect
from jobs.data.datasets.formats.direct import write_directly
from jobs.data.datasets.formats.texts import Texts
from jobs.data.datasets.naming import unique_columns
from jobs.formatting import format_bytes

MAX_VALUE_BYTES = 8 * 1024 * 1024
_LOOK_ROWS = 1_000
_END = "end of data"
"""A part of the library's message about a quote that is never closed."""
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
        if texts.first_rows is not None:
            _copy_rewritten(texts, path, plain, dialect, part, columns)
            texts.parts.append(part)
            return notes
        rows = _rows(*_after_header(path, alone, dialect), dialect, columns)
        if texts.typed is not None:
            texts.kinds = write_directly(texts, rows, dict(zip(columns, names, strict=True)), texts.typed)
            if texts.kinds is not None:
                return notes
        _copy(texts, rows, part, columns)
    except (duckdb.InvalidInputException, duckdb.ConversionException):
        _copy_rewritten(texts, path, plain, dialect, part, columns)
    finally:
        texts.remove([alone, plain])
    texts.parts.append(part)
    return notes


def _after_header(path: Path, target: Path, dialect: Dialect) -> tuple[Path, int]:
    """Return a file, and the number of its lines before the rows: none, or a header of one plain line.

    What follows another header is written to ``target``.
    """
    if not dialect.skipped_bytes:
        return path, 0
    with path.open("rb") as source:
        header = source.read(dialect.skipped_bytes).decode()
        if dialect.quote not in header and header.endswith("\n") and header.splitlines(keepends=True) == [header]:
            return path, 1
        with target.open("wb") as file:
            shutil.copyfileobj(source, file)
    return target, 0


def _rows(path: Path, skipped_lines: int, dialect: Dialect, columns: Sequence[str], **more_options: str) -> str:
    """Return SQL for the rows of the file as texts."""
    listed = ", ".join(f"{column}: 'VARCHAR'" for column in columns)
    options = {
        "auto_detect": "false",
        "header": "false",
        "strict_mode": "true",
        "null_padding": "false",
        "skip": str(skipped_lines),
        "delim": quote_text(dialect.delimiter),
        "quote": quote_text(dialect.quote),
        "escape": quote_text(dialect.escape),
        "nullstr": "''",
        "max_line_size": str(2 * MAX_VALUE_BYTES),
        "columns": f"{{{listed}}}",
        **more_options,
    }
    given = ", ".join(f"{name} = {value}" for name, value in options.items())
    return f"read_csv({quote_text(str(path))}, {given})"


def _copy(texts: Texts, rows: str, part: Path, columns: Sequence[str]) -> None:
    texts.copy(f"FROM {rows}", part, len(columns), compression="snappy")


def _copy_rewritten(
    texts: Texts, path: Path, target: Path, dialect: Dialect, part: Path, columns: Sequence[str]
) -> None:
    """Copy the rows by way of ``target``, which has them in the simplest dialect."""
    rewrite(path, target, dialect, texts.look, texts.first_rows)
    # DuckDB would take the first line break for all, even one inside of a value.
    _copy(texts, _rows(target, 0, _PLAIN, columns, new_line="'\\n'"), part, columns)


def rewrite(
    path: Path, target: Path, dialect: Dialect, look: Callable[[], None], first_rows: int | None = None
) -> None:
    """Rewrite the rows in the simplest dialect, or raise ``Unreadable`` with the line of the first fault.

    ``first_rows``: rewrite at most these. The file may be cut, so a row that does not end is left out.
    """
    csv.field_size_limit(MAX_VALUE_BYTES)
    width = len(dialect.header)
    with path.open(encoding="utf-8", newline="") as source, target.open("w", encoding="utf-8", newline="") as file:
        lines = _Lines(source)
        # In quotes all of them, because a lone carriage return would not be quoted and would end the row.
        writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
        reader = dialect.reader(lines, strict=True)
        rows = 0
        while first_rows is None or rows < first_rows:
            lines.begun = ""
            line = lines.number + 1
            try:
                row = next(reader, None)
            except csv.Error as error:
                if first_rows is not None and _END in str(error):
                    break
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
            rows += 1
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
    if _END in str(error):
        return Unreadable.at("a quote is opened and never closed", line=line, column=column)
    if "field limit" in str(error):
        most = format_bytes(MAX_VALUE_BYTES)
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
