"""Find the format of dates and time stamps that are written otherwise than in ISO 8601.

The format is found once, in the rows to learn from, and is kept with the column. Rows to be predicted are read by the
same format, so 05/06/2024 is the same day in both.
"""

import re
from collections.abc import Iterator, Sequence

import pandas as pd

MIN_READABLE_SHARE = 0.95
"""A column is of a kind when this share of its values can be read as such."""
_LOOKED_AT, _SAMPLES = 1_000, 20
# Part numbers such as 0100-07 look like months of years that no table is about.
_YEARS = (1800, 2200)

_DATES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"\d{4}-\d{1,2}-\d{1,2}", ("%Y-%m-%d",)),
    (r"\d{4}/\d{1,2}/\d{1,2}", ("%Y/%m/%d",)),
    (r"\d{4}\.\d{1,2}\.\d{1,2}", ("%Y.%m.%d",)),
    (r"\d{1,2}\.\d{1,2}\.\d{4}", ("%d.%m.%Y",)),
    (r"\d{1,2}/\d{1,2}/\d{4}", ("%d/%m/%Y", "%m/%d/%Y")),
    (r"\d{1,2}-\d{1,2}-\d{4}", ("%d-%m-%Y", "%m-%d-%Y")),
    (r"\d{1,2} [A-Za-z]+ \d{4}", ("%d %b %Y", "%d %B %Y")),
    (r"\d{1,2}-[A-Za-z]+-\d{4}", ("%d-%b-%Y", "%d-%B-%Y")),
    (r"\d{1,2}/[A-Za-z]+/\d{4}", ("%d/%b/%Y", "%d/%B/%Y")),
    (r"[A-Za-z]+ \d{1,2}, \d{4}", ("%b %d, %Y", "%B %d, %Y")),
    (r"\d{8}(?=T)", ("%Y%m%d",)),
    (r"\d{4}-\d\d", ("%Y-%m",)),
    (r"\d{4}/\d\d", ("%Y/%m",)),
)
_WEEKDAYS: tuple[tuple[str, str], ...] = ((r"", ""), (r"[A-Za-z]{3}, ?", "%a, "))
_BETWEEN: tuple[tuple[str, str], ...] = ((r" ", " "), (r"T", "T"), (r", ", ", "), (r":", ":"))
_TIMES: tuple[tuple[str, str], ...] = (
    (r"\d{1,2}:\d\d:\d\d\.\d{1,6}", "%H:%M:%S.%f"),
    (r"\d{1,2}:\d\d:\d\d", "%H:%M:%S"),
    (r"\d{1,2}:\d\d", "%H:%M"),
    (r"\d{1,2}:\d\d:\d\d [APap][Mm]", "%I:%M:%S %p"),
    (r"\d{1,2}:\d\d [APap][Mm]", "%I:%M %p"),
    (r"\d{6}", "%H%M%S"),
    (r"\d\d", "%H"),
)
_ZONES: tuple[tuple[str, str], ...] = (
    (r"", ""),
    (r"(Z|[+-]\d\d:?\d\d)", "%z"),
    (r" [+-]\d\d:?\d\d", " %z"),
    (r" UTC", " UTC"),
    (r" GMT", " GMT"),
)


def find_date_format(texts: Sequence[str]) -> str | None:
    """Return the format that nearly all texts have, or None. Of 05/06/2024 alone, the first number is the day."""
    texts = [text.strip() for text in texts[:_LOOKED_AT]]
    tried: set[str] = set()
    best, best_count = None, MIN_READABLE_SHARE * max(1, len(texts))
    for sample in texts[:_SAMPLES]:
        for form in _formats_of(sample):
            if form not in tried:
                tried.add(form)
                count = _count_readable(texts, form)
                if count > best_count or (best is None and count >= best_count):
                    best, best_count = form, count
    return best


def read_dates(texts: "pd.Series[str]", form: str) -> "pd.Series[pd.Timestamp]":
    """Return time stamps in UTC; NaT for a text that has another format."""
    return pd.to_datetime(texts, format=form, utc=True, errors="coerce")


def _formats_of(text: str) -> Iterator[str]:
    for weekday, weekday_form in _WEEKDAYS:
        for date, date_forms in _DATES:
            if not (found := re.match(weekday + date, text, re.ASCII)):
                continue
            if (rest := _format_of_rest(text[found.end() :])) is not None:
                yield from (weekday_form + form + rest for form in date_forms)


def _format_of_rest(text: str) -> str | None:
    if not text:
        return ""
    for between, between_form in _BETWEEN:
        for time, time_form in _TIMES:
            for zone, zone_form in _ZONES:
                if re.fullmatch(between + time + zone, text, re.ASCII):
                    return between_form + time_form + zone_form
    return None


def _count_readable(texts: Sequence[str], form: str) -> int:
    years = read_dates(pd.Series(texts, dtype=object), form).dt.year
    return int(years.between(*_YEARS).sum())
