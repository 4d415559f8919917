"""Statuses, sizes, durations and counts in the words that people read, on every face (docs/reference/words.md)."""

import re
from collections.abc import Mapping
from types import MappingProxyType

STATUS_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "pending": "Waiting",
        "processing": "Running",
        "retrying": "Retrying",
        "completed": "Completed",
        "failed": "Failed",
        "cancelled": "Cancelled",
    }
)
"""The word that people read for each status of the wire."""

_MANY_DIGITS = re.compile(r"(?<![\d.])\d{5,}")
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
_LONG_UNITS = ((86_400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s"))


def format_status(status: str, failed_items: int = 0) -> str:
    """Write a status: ``Running``. A completed request says how many of its items failed."""
    if status == "completed" and failed_items > 0:
        return f"Completed with {format_count(failed_items)} failure{'s' if failed_items > 1 else ''}"
    return STATUS_LABELS[status]


def format_action(action: str) -> str:
    """Write the name of an action: ``Generate report``."""
    return action.replace("_", " ").capitalize()


def format_count(number: int) -> str:
    """Write a whole number with its thousands apart: ``18,204``."""
    return f"{number:,}"


def group_thousands(text: str) -> str:
    """Set the thousands of a text's numbers apart: ``limit 10,000``. Four digits stay, because they may be a year."""
    return _MANY_DIGITS.sub(lambda found: f"{int(found[0]):,}", text)


def format_counted(number: int, noun: str) -> str:
    """Write how many there are of something: ``1 row``, ``18,204 rows``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def format_bytes(size_bytes: float) -> str:
    """Write a size in powers of ten: ``12 B``, ``1.5 kB``, ``482 kB``, ``2 GB``."""
    value, unit = float(size_bytes), 0
    # Above 999.5 the rounded number would read "1000 kB".
    while value >= 999.5 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    text = f"{value:.1f}".removesuffix(".0") if unit and value < 9.95 else f"{_round(value):,}"
    return f"{text} {_UNITS[unit]}"


def format_duration(seconds: float) -> str:
    """Write a duration in its two largest units: ``7 ms``, ``1.3 s``, ``45 s``, ``1 min 5 s``, ``3 d 4 h``.

    A unit that is none is left out: ``2 h``. What is negative counts as none.
    """
    seconds = max(seconds, 0.0)
    if 0 < seconds < 0.0995:
        return f"{max(_round(seconds * 1000), 1)} ms"
    if 0 < seconds < 9.95:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    whole = _round(seconds)
    for size, unit, smaller, small_unit in _LONG_UNITS:
        if whole >= size:
            rest = whole % size // smaller
            return f"{whole // size:,} {unit}" + (f" {rest} {small_unit}" if rest else "")
    return f"{whole} s"


def _round(value: float) -> int:
    """Round half up, as browsers do."""
    return int(value + 0.5)
