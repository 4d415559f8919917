"""Finds the odd values in text columns whose other values nearly all have one kind: slips in a file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from jobs.contract.quoting import quote_text
from jobs.data.datasets.formats.texts import JsonFloat, JsonInt, Texts
from jobs.data.type_inference import VALUE, Kind, ask, first_rows, fits, value

_MIN_VALUES = 10
_NEARLY_ALL = 0.9
_SHOWN = 40
_LIKELY: dict[Kind, str] = {"bool": "true or false", "float": "numbers", "int": "whole numbers", "timestamp": "dates"}
"""Kind → its name, in the order of the tests. A date without a time fits "timestamp" too."""
_COMMAS = r"[+-]?(\d+|\d{1,3}([. ]\d{3})+),\d+|[+-]?\d{1,3}(,\d{3})+(\.\d+)?"
# Numbers and moments that their types cannot hold without a loss.
_LONG_NUMBER = r"[+-]?((0|[1-9]\d*)(\.\d*)?|\.\d+)([eE][+-]?\d+)?"
_LONG_MOMENT = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( ?(Z|[+-]\d\d(:?\d\d)?))?"
_LONG: dict[Kind, tuple[str, str]] = {
    "float": (_LONG_NUMBER, "as numbers, some of its values would lose digits"),
    "timestamp": (_LONG_MOMENT, "its moments are not all within microseconds and the years 1 to 9999"),
}


def odd_values(texts: Texts, columns: Mapping[str, str]) -> Iterator[str]:
    """Write notes about the text ``columns``. The first rows decide which get one.

    ``columns`` maps the name in ``texts`` to the name people see. Texts of JSON get no note, because JSON has types.
    """
    plain = [column for column in columns if texts.types.get(column, {JsonInt}) <= {JsonInt, JsonFloat}]
    asked = [f"count(*) FILTER ({fits(VALUE, kind)})" for kind in _LIKELY]
    patterns = [_COMMAS, *(pattern for pattern, _ in _LONG.values())]
    asked += [f"count(*) FILTER (regexp_full_match({VALUE}, '{pattern}'))" for pattern in patterns]
    found = ask(texts.run, plain, first_rows(texts.rows, len(plain)), asked)
    for column, (count, *told) in found.items():
        name, answers = columns[column], iter(told)
        if not count:
            continue
        shares = {kind: next(answers) / count for kind in _LIKELY}
        commas = next(answers) / count
        long = [kind for kind in _LONG if next(answers) == count]
        likely = next((kind for kind, share in shares.items() if share >= _NEARLY_ALL), None)
        if likely and count >= _MIN_VALUES:
            odd = _first_odd(texts, column, likely)
            are = "1 is not" if odd.count == 1 else f"{odd.count:,} are not"
            yield f"Column '{name}' is text: nearly all of its values are {_LIKELY[likely]}, {are}, {odd}"
        elif long:
            yield f"Column '{name}' is text: {_LONG[long[0]][1]}, {_first_odd(texts, column, long[0])}"
        elif commas >= _NEARLY_ALL:
            yield f"Column '{name}' is text: its numbers have commas in them; write them as 1234.5"


@dataclass(frozen=True)
class _Odd:
    count: int
    row: int
    text: str

    def __str__(self) -> str:
        shown = self.text if len(self.text) <= _SHOWN else f"{self.text[:_SHOWN]}…"
        return f"first '{shown}' in row {self.row:,}"


def _first_odd(texts: Texts, column: str, kind: Kind) -> _Odd:
    is_odd = f"NOT {fits(value(column), kind)}"
    count, before, first = 0, 0, None
    for part in texts.parts:
        rows = f"read_parquet({quote_text(str(part))}, file_row_number = true, hive_partitioning = false)"
        if column in {name for name, *_ in texts.run(f"DESCRIBE FROM {rows}")}:
            [(odd, row, text)] = texts.run(
                f"SELECT count(*), min(file_row_number), arg_min({column}, file_row_number) FROM {rows} WHERE {is_odd}"
            )
            count += odd
            first = first or (odd and (before + row + 1, text)) or None
        before += texts.run(f"SELECT count(*) FROM {rows}")[0][0]
    row, text = first or (0, "")
    return _Odd(count, row, text)
