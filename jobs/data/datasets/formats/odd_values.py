"""Finds the odd values in text columns whose other values nearly all have one kind: slips in a file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from jobs.contract.quoting import quote_name, quote_text
from jobs.data.type_inference import VALUE, Kind, Run, ask, first_rows, fits, value

MIN_VALUES = 10
NEARLY_ALL = 0.9
_SHOWN = 40
_LIKELY: dict[Kind, str] = {"bool": "true or false", "float": "numbers", "int": "whole numbers", "timestamp": "dates"}
"""Kind → its name, in the order of the tests. A date without a time fits "timestamp" too."""
_SPACES = "\\x{20}\\x{A0}\\x{2009}\\x{202F}"
_AMOUNT = rf"[+-]?\d{{1,3}}([.,'’{_SPACES}]?\d{{3}})*([.,]\d+)?"
_CURRENCIES = "AUD BRL CAD CHF CNY CZK DKK EUR GBP HKD HUF INR JPY KRW MXN NOK NZD PLN SEK SGD TRY USD ZAR"
_MONEY = rf"\p{{Sc}}|{_CURRENCIES.replace(' ', '|')}"
_NUMBER_OF_DATE = r"(0?[1-9]|[12]\d|3[01])"
_YEAR = r"(1[5-9]|20|21)\d\d"
_CLOCK = r"([T ,]{1,2}\d{1,2}:\d\d(:\d\d)?.*)?"
# Forms in which people write numbers and dates, but this reader does not take, and what is said of them.
_WRITTEN: tuple[tuple[Kind, str, str], ...] = (
    (
        "float",
        rf"[+-]?(\d+|\d{{1,3}}([.'’{_SPACES}]\d{{3}})+),\d+|[+-]?\d{{1,3}}(,\d{{3}})+(\.\d+)?",
        "its numbers have commas in them; write them as 1234.5",
    ),
    (
        "float",
        rf"[+-]?\d{{1,3}}([’'{_SPACES}]\d{{3}})+(\.\d+)?|[+-]?\d{{1,3}}(\.\d{{3}}){{2,}}",
        "its numbers have marks between the thousands; write them as 1234.5",
    ),
    ("float", rf"{_AMOUNT}[{_SPACES}]?[%‰]", "its numbers have a percent sign; write them without"),
    (
        "float",
        rf"[+-]?({_MONEY})[{_SPACES}]?{_AMOUNT}|{_AMOUNT}[{_SPACES}]?({_MONEY})",
        "its numbers have a currency beside them; write them without",
    ),
    (
        "timestamp",
        rf"{_NUMBER_OF_DATE}[./-]{_NUMBER_OF_DATE}[./-]{_YEAR}{_CLOCK}|{_NUMBER_OF_DATE}/{_NUMBER_OF_DATE}/\d\d{_CLOCK}|"
        rf"{_YEAR}[./]{_NUMBER_OF_DATE}[./]{_NUMBER_OF_DATE}{_CLOCK}|"
        rf"{_NUMBER_OF_DATE}[. -]{{1,2}}\p{{L}}{{3,12}}[. -]{{1,2}}{_YEAR}{_CLOCK}|"
        rf"\p{{L}}{{3,12}} {_NUMBER_OF_DATE},? {_YEAR}{_CLOCK}",
        "its dates are not in ISO 8601; write them as 2024-01-31",
    ),
)
# Numbers and moments that their types cannot hold without a loss.
_LONG_NUMBER = r"[+-]?((0|[1-9]\d*)(\.\d*)?|\.\d+)([eE][+-]?\d+)?"
_LONG_MOMENT = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( ?(Z|[+-]([01]\d|2[0-3])(:?[0-5]\d)?))?"
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
    patterns = [*(pattern for _, pattern, _ in _WRITTEN), *(pattern for pattern, _ in _LONG.values())]
    asked += [f"count(*) FILTER (regexp_full_match({VALUE}, {quote_text(pattern)}))" for pattern in patterns]
    found = ask(run, columns, first_rows(rows, len(columns)), asked)
    for name, (count, *told) in found.items():
        answers = iter(told)
        if not count:
            continue
        shares = {kind: next(answers) / count for kind in _LIKELY}
        written = [
            what
            for kind, _, what in _WRITTEN
            if (share := next(answers) / count) and share + shares[kind] >= NEARLY_ALL
        ]
        long = [kind for kind in _LONG if next(answers) == count]
        likely = next((kind for kind, share in shares.items() if share >= NEARLY_ALL), None)
        if likely and count >= MIN_VALUES:
            odd = _first_odd(run, rows, name, likely)
            yield tell_odd(name, _LIKELY[likely], odd.count, str(odd))
        elif long:
            yield f"Column '{name}' is text: {_LONG[long[0]][1]}, {_first_odd(run, rows, name, long[0])}"
        elif written:
            yield f"Column '{name}' is text: {written[0]}"


@dataclass(frozen=True)
class _Odd:
    count: int
    row: int
    text: str

    def __str__(self) -> str:
        return tell_first(self.text, self.row)


def tell_odd(name: str, likely: str, count: int, first: str) -> str:
    """Write the note about a text column of nearly all ``likely``, such as numbers, and ``count`` other values."""
    are = "1 is not" if count == 1 else f"{count:,} are not"
    return f"Column '{name}' is text: nearly all of its values are {likely}, {are}, {first}"


def tell_first(text: str, row: int) -> str:
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return f"first '{shown}' in row {row:,}"


def _first_odd(run: Run, rows: str, name: str, kind: Kind) -> _Odd:
    # Not the file's own number of a row, because an upload may have a column of that name.
    numbered = f"SELECT {quote_name(name)} AS text, row_number() OVER () AS place FROM {rows}"
    asked = f"SELECT count(*), min(place), arg_min(text, place) FROM ({numbered}) WHERE NOT {fits(value('text'), kind)}"
    [(count, row, text)] = run(asked)
    return _Odd(count, row, text) if count else _Odd(0, 0, "")
