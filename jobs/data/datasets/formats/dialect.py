"""The dialect of a text file, detected from its beginning: delimiter, quotes and header."""

import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

_SAMPLE_CHARACTERS = 256 * 1024
_SAMPLE_ROWS = 1_000
_DELIMITERS = (",", ";", "\t", "|")
_DATA = re.compile(r"[+-]?(\d+([.,]\d*)*|\.\d+)([eE][+-]?\d+)?|\d{4}-\d\d-\d\d.*|true|false", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Dialect:
    delimiter: str
    quote: str
    escape: str
    """The escape of a quote: the quote itself, doubled, or a backslash."""
    header: list[str]
    """The column names, or as many empty texts as the first line has fields."""
    skipped_lines: int
    """The number of lines before the first row of data."""
    doubts: tuple[str, ...] = ()
    """Texts for people about possible mistakes in the choice."""

    @property
    def format(self) -> str:
        return "tsv" if self.delimiter == "\t" else "csv"

    def reader(self, lines: Iterator[str], *, strict: bool) -> Any:
        """Return a reader of the standard library. A strict one raises ``csv.Error``."""
        escape = None if self.escape == self.quote else self.escape
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote,
            doublequote=escape is None,
            escapechar=escape,
            strict=strict,
        )


def find_dialect(path: Path, header: bool | None) -> Dialect | None:
    """Detect the dialect of a UTF-8 file; None: all lines are blank. ``header``: None detects it."""
    with path.open(encoding="utf-8", newline="") as file:
        sample = file.read(_SAMPLE_CHARACTERS)
        whole = not file.read(1)
    if whole and not sample.strip(" \r\n" + "".join(_DELIMITERS)):
        return None
    quote = _quote_of(sample)
    best: tuple[tuple[bool, int, float], Dialect] | None = None
    for delimiter in _DELIMITERS:
        plain = Dialect(delimiter=delimiter, quote=quote, escape=quote, header=[], skipped_lines=0)
        score, rows = _score(plain, sample, whole)
        if rows and (best is None or score > best[0]):
            best = score, plain
    if best is None:
        return None
    (_, width, _), dialect = best
    if width == 1:
        dialect = replace(dialect, doubts=tuple(_doubts(sample)))
    return _with_header(_with_escape(dialect, sample), sample, header)


def _doubts(sample: str) -> Iterator[str]:
    """Yield doubts about the choice: lines above the header turn the whole file into one column."""
    lines = sample.splitlines()[:_SAMPLE_ROWS]
    for delimiter in _DELIMITERS:
        counts = [line.count(delimiter) for line in lines]
        common, times = Counter(counts).most_common(1)[0]
        if common and times > 1 and times >= len(lines) / 2:
            yield (
                f"Only one column was found, but from line {counts.index(common) + 1} on most lines have {common + 1} "
                f"fields with '{delimiter}' between them: delete the lines above the header"
            )


def _score(dialect: Dialect, sample: str, whole: bool) -> tuple[tuple[bool, int, float], list[list[str]]]:
    """Score a dialect: rows mostly as wide as the first come first, then more fields, then more such rows."""
    rows = _rows(dialect, sample, whole)
    if not rows:
        return (False, 0, 0.0), []
    width = len(rows[0])
    share = sum(len(row) == width for row in rows) / len(rows)
    return (width > 1 and share >= 0.9, width, share), rows


def _rows(dialect: Dialect, sample: str, whole: bool) -> list[list[str]]:
    reader = dialect.reader(io.StringIO(sample, newline=""), strict=False)
    try:
        rows = [row for row in itertools.islice(reader, _SAMPLE_ROWS) if _says_something(row)]
    except csv.Error:  # a value above the size limit: the strict reading reports its line
        return [[""]]
    # The last row of a sample is cut off somewhere.
    return rows if whole or len(rows) in (1, _SAMPLE_ROWS) else rows[:-1]


def _says_something(row: list[str]) -> bool:
    return any(cell.strip() for cell in row)


def _quote_of(sample: str) -> str:
    singles = re.search(r"(^|[,;\t|])'[^'\r\n]*'([,;\t|\r]|$)", sample, re.MULTILINE)
    return "'" if singles and '"' not in sample else '"'


def _with_escape(dialect: Dialect, sample: str) -> Dialect:
    if f"\\{dialect.quote}" not in sample:
        return dialect
    escaped = replace(dialect, escape="\\")
    return dialect if _is_read(dialect, sample) or not _is_read(escaped, sample) else escaped


def _is_read(dialect: Dialect, sample: str) -> bool:
    lines = sample.splitlines(keepends=True)[:_SAMPLE_ROWS]
    try:
        for _ in dialect.reader(iter(lines), strict=True):
            pass
    except csv.Error as error:
        return "end of data" in str(error)  # only cut off
    return True


def _with_header(dialect: Dialect, sample: str, wanted: bool | None) -> Dialect:
    reader = dialect.reader(io.StringIO(sample, newline=""), strict=False)
    before = 0
    for row in reader:
        if _says_something(row):
            break
        before = reader.line_num
    if wanted is None:
        wanted = not any(_DATA.fullmatch(cell.strip()) for cell in row)
    names = row if wanted else [""] * len(row)
    return replace(dialect, header=names, skipped_lines=reader.line_num if wanted else before)
