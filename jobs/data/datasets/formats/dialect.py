"""The dialect of a text file, detected from its beginning: delimiter, quotes and header."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, TextIO

_SAMPLE_CHARACTERS = 1024 * 1024
_MOST_CHARACTERS, _FEW_LINES = 16 * 1024 * 1024, 10
_SAMPLE_ROWS = 1_000
_DELIMITERS = (",", ";", "\t", "|")
_QUOTES = ('"', "'")
# Digits of other scripts make no number in a column either.
_DATA = re.compile(r"[+-]?(\d+([.,]\d*)*|\.\d+)([eE][+-]?\d+)?|\d{4}-\d\d-\d\d.*|true|false", re.IGNORECASE | re.ASCII)
# Excel reads and writes this first line, which names the delimiter.
_SEPARATOR_LINE = re.compile(r"\"?sep=([^\w\"'\r\n])\1*\"?(\r\n|\r|\n|$)", re.IGNORECASE)
# A comma between digits belongs to a number, and one before a blank to prose.
_NO_DELIMITER = re.compile(r"(?<=\d),(?=\d)|[,;] ")


@dataclass(frozen=True, kw_only=True)
class Dialect:
    delimiter: str
    quote: str
    escape: str
    """The escape of a quote: the quote itself, doubled, or a backslash."""
    header: Sequence[str]
    """The column names, or as many empty texts as the first line has fields."""
    skipped_lines: int
    """The number of lines before the first row of data."""
    skipped_bytes: int = 0
    """The size of these lines in bytes. Parsers count a line break in a quoted name differently, but bytes alike."""
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


@dataclass(frozen=True)
class _Sample:
    text: str
    whole: bool
    """True: the text is the whole file."""

    @cached_property
    def lines(self) -> list[str]:
        return list(io.StringIO(self.text, newline=""))


def find_dialect(path: Path, header: bool | None, quotes: Sequence[str] = _QUOTES) -> Dialect | None:
    """Detect the dialect of a UTF-8 file; None: all lines are blank. ``header``: None detects it.

    Each delimiter is tried with each of ``quotes`` and each escape of a quote. The most plausible reading wins.
    """
    with path.open(encoding="utf-8", newline="") as file:
        text, whole = _beginning(file)
    told = _SEPARATOR_LINE.match(text)
    delimiters = (told[1],) if told else _DELIMITERS
    first_line = told[0] if told else ""
    sample = _Sample(text.removeprefix(first_line), whole)
    if whole and not sample.text.strip(" \r\n" + "".join(delimiters)):
        return None
    tried = [
        Dialect(delimiter=delimiter, quote=quote, escape=escape, header=(), skipped_lines=0)
        for quote in quotes
        if quote == '"' or quote in sample.text
        for escape in (quote, "\\")
        if escape == quote or f"\\{quote}" in sample.text
        for delimiter in delimiters
    ]
    scores = {one: score for one in tried if (score := _score(one, sample)) is not None}
    if not scores:
        return None
    # Of several with the best score, the first.
    dialect = max(scores, key=lambda one: scores[one])
    if scores[dialect].width == 1 and not told:
        dialect = replace(dialect, doubts=tuple(_doubts(sample.text)))
    return _with_header(dialect, sample, first_line, header)


def _beginning(file: TextIO) -> tuple[str, bool]:
    """Return the first characters, more of them if they hold few lines, and whether these are the whole file."""
    text = file.read(_SAMPLE_CHARACTERS)
    if text.count("\n") + text.count("\r") < _FEW_LINES:
        text += file.read(_MOST_CHARACTERS)
    return text, not file.read(1)


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


class _Score(NamedTuple):
    """The score of a dialect, compared from the first field to the last."""

    is_even: bool
    """True: nearly all rows have as many fields as the first, which has several."""
    is_read: bool
    """True: no text follows a closing quote."""
    plausible: float
    """The share of cells that are neither within other quotes nor around another delimiter."""
    width: int
    share: float
    """The share of rows as wide as the first."""
    stray: int
    """Minus the number of cells with a quote that nothing explains: the fewest win."""


def _score(dialect: Dialect, sample: _Sample) -> _Score | None:
    """Score a dialect; None: there is no row."""
    rows, is_read = _rows(dialect, sample)
    if not rows:
        return None
    is_read = is_read and (dialect.escape == dialect.quote or _closes_quotes(dialect, sample))
    width = len(rows[0])
    share = sum(len(row) == width for row in rows) / len(rows)
    is_even = width > 1 and share >= 0.9
    plausible, stray = _plausible(rows, dialect, sample.text) if is_even else (0.0, 0)
    return _Score(is_even, is_read, plausible, width, share, -stray)


def _plausible(rows: list[list[str]], dialect: Dialect, text: str) -> tuple[float, int]:
    """Return the share of plausible cells, and the number of those with a quote that nothing explains."""
    others = re.compile("|".join(re.escape(other) for other in _DELIMITERS if other != dialect.delimiter))
    other_quote = "'" if dialect.quote == '"' else '"'

    def is_written_in_quotes(cell: str) -> bool:
        inner = cell.replace(dialect.quote, dialect.escape + dialect.quote)
        return f"{dialect.quote}{inner}{dialect.quote}" in text

    odd, cells, stray = 0, 0, 0
    for row in rows:
        cells += len(row)
        odd += sum(len(cell) > 1 and cell[0] == cell[-1] == other_quote for cell in row)
        # Quotes of the dialect's own explain whatever is within them.
        bare = [
            cell for cell in row if (dialect.quote in cell or others.search(cell)) and not is_written_in_quotes(cell)
        ]
        odd += sum(others.search(_NO_DELIMITER.sub("", cell)) is not None for cell in bare)
        # A quote that is opened in one cell and closed in another.
        halves = sum(cell.count(dialect.quote) % 2 for cell in bare)
        odd += halves if halves > 1 else 0
        stray += halves
        if _is_cut(row, other_quote) and not any(map(is_written_in_quotes, row)):
            odd += 2
    return round(1 - odd / cells, 2), stray


def _is_cut(row: list[str], quote: str) -> bool:
    """Return True if a cell begins with ``quote`` and a later one ends with it, as if a delimiter were between them."""
    halves = [at for at, cell in enumerate(row) if cell.replace(f"\\{quote}", "").count(quote) % 2]
    opening = [at for at in halves if row[at].startswith(quote)]
    closing = [at for at in halves if row[at].endswith(quote)]
    return bool(opening and closing) and opening[0] < closing[-1]


def _rows(dialect: Dialect, sample: _Sample) -> tuple[list[list[str]], bool]:
    """Return the rows before the first that cannot be read, and whether all can."""
    # The limit holds for the whole process, so it is raised for a long cell and never lowered.
    csv.field_size_limit(max(csv.field_size_limit(), len(sample.text) + 1))
    rows, is_read = [], True
    try:
        for row in dialect.reader(iter(sample.lines), strict=True):
            if _says_something(row):
                rows.append(row)
            if len(rows) == _SAMPLE_ROWS:
                return rows, True
    except csv.Error as error:
        # The last row of a sample is cut off somewhere.
        is_read = not sample.whole and "end of data" in str(error)
        return rows or [[""]], is_read
    return rows if sample.whole or len(rows) == 1 else rows[:-1], is_read


def _closes_quotes(dialect: Dialect, sample: _Sample) -> bool:
    """Tell whether no text follows a closing quote. With backslashes, the standard library does not look."""
    quote, delimiter = re.escape(dialect.quote), re.escape(dialect.delimiter)
    end = quote if sample.whole else rf"(?:{quote}|\Z)"
    field = rf"(?>{quote}(?:[^{quote}\\]++|\\.)*+{end}|[^{quote}{delimiter}\r\n][^{delimiter}\r\n]*+|)"
    read = re.match(rf"(?:{field}(?:{delimiter}|\r\n?|\n))*+{field}", sample.text, re.DOTALL)
    return read is not None and read.end() == len(sample.text)


def _says_something(row: list[str]) -> bool:
    return any(cell.strip() for cell in row)


def _with_header(dialect: Dialect, sample: _Sample, first_line: str, wanted: bool | None) -> Dialect:
    reader = dialect.reader(iter(sample.lines), strict=False)
    before, row = 0, [""]
    for row in reader:
        if _says_something(row):
            break
        before = reader.line_num
    if wanted is None:
        wanted = not any(_DATA.fullmatch(cell.strip()) for cell in row)
    names = row if wanted else [""] * len(row)
    skipped = reader.line_num if wanted else before
    start = first_line + "".join(sample.lines[:skipped])
    return replace(dialect, header=names, skipped_lines=skipped + bool(first_line), skipped_bytes=len(start.encode()))
