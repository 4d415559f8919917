"""Finds the odd values in text columns whose other values nearly all have one kind: slips in a file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from jobs.contract.quoting import quote_name, quote_text
from jobs.data.type_inference import VALUE, Kind, Run, ask, first_rows, fits, value

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


def odd_values(run: Run, path: Path, columns: Sequence[str]) -> Iterator[str]:
    """Write notes about the text ``columns`` of the Parquet file ``path``. The first rows decide which get one.

    Columns of JSON texts are not for this function, because JSON has types.
    """
    rows = f"read_parquet({quote_text(str(path))}, hive_partitioning = false)"
    asked = [f"count(*) FILTER ({fits(VALUE, kind)})" for kind in _LIKELY]
    patterns = [_COMMAS, *(pattern for pattern, _ in _LONG.values())]
    asked += [f"count(*) FILTER (regexp_full_match({VALUE}, '{pattern}'))" for pattern in patterns]
    found = ask(run, columns, first_rows(rows, len(columns)), asked)
    for name, (count, *told) in found.items():
        answers = iter(told)
        if not count:
            continue
        shares = {kind: next(answers) / count for kind in _LIKELY}
        commas = next(answers) / count
        long = [kind for kind in _LONG if next(answers) == count]
        likely = next((kind for kind, share in shares.items() if share >= _NEARLY_ALL), None)
        if likely and count >= _MIN_VALUES:
            odd = _first_odd(run, rows, name, likely)
            are = "1 is not" if odd.count == 1 else f"{odd.count:,} are not"
            yield f"Column '{name}' is text: nearly all of its values are {_LIKELY[likely]}, {are}, {odd}"
        elif long:
            yield f"Column '{name}' is text: {_LONG[long[0]][1]}, {_first_odd(run, rows, name, long[0])}"
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


def _first_odd(run: Run, rows: str, name: str, kind: Kind) -> _Odd:
    # Not the file's own number of a row, because an upload may have a column of that name.
    numbered = f"SELECT {quote_name(name)} AS text, row_number() OVER () AS place FROM {rows}"
    asked = f"SELECT count(*), min(place), arg_min(text, place) FROM ({numbered}) WHERE NOT {fits(value('text'), kind)}"
    [(count, row, text)] = run(asked)
    return _Odd(count, row, text) if count else _Odd(0, 0, "")
