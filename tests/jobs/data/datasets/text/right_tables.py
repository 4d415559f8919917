"""Tables whose columns, types and rows are known, and the many ways in which a text file can hold each of them."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

Draw = st.DrawFn
Cell = tuple[str, Any]
"""A value as it is written, and as it is read."""
_TROUBLE = ["\n", "\r\n", "\r", '"', "'", "\\", ",", ";", "\t", "|", " ", "#", "="]
Alphabet = tuple[st.SearchStrategy[str], st.SearchStrategy[str]]
"""Letters, and what makes trouble for readers of text files."""
_ALL: Alphabet = (
    st.characters(codec="utf-8", exclude_characters="\x00"),
    st.sampled_from([*_TROUBLE, "\ufeff", "\u2028"]),
)
_WESTERN: Alphabet = (
    st.characters(codec="ascii", exclude_categories=("Cc",)) | st.characters(min_codepoint=0xC0, max_codepoint=0xFF),
    st.sampled_from(_TROUBLE),
)
_NOTHING = ("", "", "", "NA", "N/A", "NULL", "null", "NaN", "None")
_OFFSETS = [UTC, timezone(timedelta(hours=5, minutes=30)), timezone(timedelta(hours=-8))]


@dataclass(frozen=True)
class Column:
    name: str
    """The name in the file. A dataset has blanks where it has line breaks."""
    type: str
    """The type in DuckDB."""
    cells: list[Cell]

    @property
    def values(self) -> list[Any]:
        return [value for _, value in self.cells]


def texts(alphabet: Alphabet) -> st.SearchStrategy[str]:
    letters, trouble = alphabet
    part = st.text(letters, max_size=6)
    return st.lists(part | part | trouble, max_size=5).map("".join)


def _moment(draw: Draw) -> Cell:
    moment = draw(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)))
    moment = moment.replace(microsecond=draw(st.sampled_from([0, 500_000, moment.microsecond])))
    offset = draw(st.none() | st.sampled_from(_OFFSETS))
    written = moment.replace(tzinfo=offset).isoformat(draw(st.sampled_from("T ")))
    if offset is UTC and draw(st.booleans()):
        written = written.replace("+00:00", "Z")
    return written, moment if offset is None else moment.replace(tzinfo=offset).astimezone(UTC).replace(tzinfo=None)


def _cell(draw: Draw, kind: str) -> Cell:
    if kind == "BIGINT":
        number = draw(st.integers(-(2**63), 2**63 - 1) | st.integers(-1000, 1000))
        return str(number), number
    if kind == "DOUBLE":
        real = draw(st.floats(allow_nan=False, allow_infinity=False))
        return repr(real), real
    if kind == "BOOLEAN":
        truth = draw(st.booleans())
        return draw(st.sampled_from([str(truth), str(truth).lower(), str(truth).upper()])), truth
    if kind == "DATE":
        day = draw(st.dates(date(1, 1, 1), date(9999, 12, 31)))
        return day.isoformat(), day
    return _moment(draw)


@st.composite
def csv_columns(draw: Draw, alphabet: Alphabet = _ALL) -> list[Column]:
    """Two to six columns. The first is of whole numbers without gaps, so no line is blank or looks like a header."""
    rows = draw(st.integers(1, 8))
    columns = [Column(_name(draw, 0, alphabet), "BIGINT", [(str(row), row) for row in range(rows)])]
    for at in range(1, draw(st.integers(2, 6))):
        kind = draw(st.sampled_from(["BIGINT", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP", "VARCHAR", "VARCHAR"]))
        if kind == "VARCHAR":
            written = ["x" + draw(texts(alphabet)), *(draw(texts(alphabet)) for _ in range(rows - 1))]
            cells = [(text, text or None) for text in written]
        else:
            cells = [_cell(draw, kind) for _ in range(rows)]
            gaps = draw(st.lists(st.integers(1, 8), max_size=3))
            cells = [(draw(st.sampled_from(_NOTHING)), None) if row in gaps else one for row, one in enumerate(cells)]
        columns.append(Column(_name(draw, at, alphabet), kind, cells))
    return columns


def _name(draw: Draw, at: int, alphabet: Alphabet) -> str:
    """A name that no other column has, which begins and ends with a letter."""
    letters = st.text(alphabet[0].filter(str.isprintable), min_size=1, max_size=5)
    return f"c{at}" + "".join(draw(st.lists(letters | st.sampled_from(_TROUBLE), max_size=3))) + "e"


@dataclass(frozen=True)
class Written:
    """A text file and the table that it holds."""

    content: bytes
    columns: list[Column]
    has_header: bool
    about: str

    @property
    def names(self) -> list[str]:
        if not self.has_header:
            return [f"column_{number}" for number in range(1, len(self.columns) + 1)]
        return ["".join(c if c.isprintable() else " " for c in column.name) for column in self.columns]

    @property
    def types(self) -> dict[str, str]:
        return {name: column.type for name, column in zip(self.names, self.columns, strict=True)}

    @property
    def rows(self) -> list[tuple[Any, ...]]:
        return list(zip(*(column.values for column in self.columns), strict=True))


@st.composite
def csv_files(draw: Draw) -> Written:
    """A table as CSV: in any delimiter, quotes, escape, line end and encoding, with or without a header."""
    encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"]))
    columns = draw(csv_columns(_WESTERN if encoding == "cp1252" else _ALL))
    if encoding == "cp1252":
        mark = Column("c_latin", "VARCHAR", [("é", "é")] * len(columns[0].cells))
        columns = [columns[0], mark, *columns[1:]]
    delimiter, ending = draw(st.sampled_from(",;\t|")), draw(st.sampled_from(["\n", "\r\n", "\r"]))
    quote = draw(st.sampled_from(['"', '"', '"', "'"]))
    # Nothing but a quote within quotes tells that backslashes are escapes.
    has_quotes = any(quote in text for column in columns for text, _ in column.cells)
    escape = draw(st.sampled_from([quote, "\\"])) if has_quotes else quote
    has_header, quotes_all = draw(st.booleans()), draw(st.booleans())

    def line(cells: list[str]) -> str:
        return delimiter.join(_quoted(cell, delimiter, quote, escape, always=quotes_all) for cell in cells)

    lines = [line([column.name for column in columns])] if has_header else []
    lines += [line(list(row)) for row in zip(*([text for text, _ in one.cells] for one in columns), strict=True)]
    told = f"sep={delimiter}{ending}" if draw(st.sampled_from([False, False, False, True])) else ""
    text = told + ending.join(lines) + draw(st.sampled_from(["", ending]))
    about = f"{encoding} {delimiter!r} {ending!r} {quote}{escape} header={has_header}"
    return Written(_encoded(text, encoding), columns, has_header, about)


def _encoded(text: str, encoding: str) -> bytes:
    # The letters of the alphabet are the same in both, and Python's cp1252 lacks some bytes.
    return text.encode("latin-1" if encoding == "cp1252" else encoding)


def _quoted(cell: str, delimiter: str, quote: str, escape: str, *, always: bool) -> str:
    odd = any(mark in cell for mark in (delimiter, quote, escape, "\n", "\r")) or cell != cell.strip()
    if not always and not odd:
        return cell
    if escape == "\\":
        cell = cell.replace("\\", "\\\\")
    return f"{quote}{cell.replace(quote, escape + quote)}{quote}"


@st.composite
def json_files(draw: Draw) -> Written:
    """A table as JSON Lines: in any encoding, with keys left out, nested values, and numbers in any form."""
    columns = draw(csv_columns())
    rows = len(columns[0].cells)
    if draw(st.booleans()):
        nested = [draw(st.lists(st.integers() | texts(_ALL), max_size=3)) for _ in range(rows)]
        shown = [json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in nested]
        columns = [*columns, Column("nested", "VARCHAR", list(zip(shown, shown, strict=True)))]
    ascii_only, ending = draw(st.booleans()), draw(st.sampled_from(["\n", "\r\n", "\n\n"]))
    # JSON's own types hold, so the empty text is one, and so are the words for nothing.
    columns = [_of_json(column) for column in columns]
    lines = []
    for at in range(rows):
        pairs = []
        for column in columns:
            text, value = column.cells[at]
            if value is None and at and draw(st.booleans()):
                continue
            key = json.dumps(column.name, ensure_ascii=ascii_only)
            pairs.append(f"{key}:{draw(st.sampled_from(['', ' ']))}{_json(column, text, value, ascii_only)}")
        lines.append(f"{{{','.join(pairs)}}}")
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
    text = ending.join(lines) + draw(st.sampled_from(["", "\n"]))
    return Written(text.encode(encoding), columns, True, f"{encoding} {ending!r}")


def _of_json(column: Column) -> Column:
    if column.type != "VARCHAR":
        return column
    return Column(column.name, column.type, [(text, text) for text, _ in column.cells])


def _json(column: Column, text: str, value: Any, ascii_only: bool) -> str:
    if value is None:
        return "null"
    if column.name == "nested":
        return text
    if column.type in ("BIGINT", "DOUBLE"):
        return text
    return text.lower() if column.type == "BOOLEAN" else json.dumps(text, ensure_ascii=ascii_only)
