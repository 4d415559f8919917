"""Numbers: whole ones and others, within a range."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Any, TypeVar

from jobs.conf.kinds.base import Kind

N = TypeVar("N", int, float)
YEAR_SECONDS = 31_536_000
CENTURY_DAYS = 36_500
MOST = 1_000_000_000
MOST_BYTES = 10**18
_FIRST = re.compile(r"\s*([+-]?\d{1,30}(?:[._]\d{1,30})*)\s*([A-Za-z]*)")
_FACTORS: dict[str, dict[str, float]] = {
    "bytes": {
        **{"b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12},
        **{"kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40},
    },
    "seconds": {"ms": 0.001, "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400},
    "minutes": {"m": 1, "min": 1, "h": 60, "d": 1440},
    "days": {"d": 1, "w": 7, "y": 365},
}


@dataclass(frozen=True)
class Number(Kind):
    """A finite number from ``least`` to ``most``."""

    least: float = 0
    most: float = MOST
    of: str = ""
    """The unit, in the plural."""
    above: bool = False
    """True: ``least`` itself is too small."""

    def describe(self) -> str:
        unit = f" of {self.of}" if self.of else ""
        start = f"above {self.least:,} and" if self.above else f"from {self.least:,}"
        return f"{self._noun}{unit} {start} {'at most' if self.above else 'to'} {self.most:,}"

    _noun = "a number"

    def parse(self, text: str) -> float:
        value = _converted(float, text)
        self.check(value)
        return value

    def check(self, value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ValueError
        if not isfinite(value) or not self.least <= value <= self.most or (self.above and value == self.least):
            raise ValueError

    def nearest(self, text: str) -> str:
        match = _FIRST.match(text)
        if match is None:
            return ""
        try:
            number = float(match[1]) * _FACTORS.get(self.of, {}).get(match[2].lower(), 1)
        except ValueError:
            return ""
        if self.above and number <= self.least:
            return ""
        return self.write(min(max(number, self.least), self.most))

    def write(self, value: Any) -> str:
        return str(int(value)) if float(value).is_integer() else str(value)


class Whole(Number):
    """A whole number from ``least`` to ``most``."""

    _noun = "a whole number"

    def parse(self, text: str) -> int:
        value = _converted(int, text)
        self.check(value)
        return value

    def check(self, value: Any) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or not self.least <= value <= self.most:
            raise ValueError

    def write(self, value: Any) -> str:
        return str(round(value))


class Mask(Kind):
    """The octal mask of permissions that new files do not get. Their owner gets all."""

    def describe(self) -> str:
        return "an octal number from 000 to 077"

    def parse(self, text: str) -> int:
        value = _converted(lambda octal: int(octal, 8), text)
        self.check(value)
        return value

    def check(self, value: Any) -> None:
        if not isinstance(value, int) or not 0 <= value <= 0o077:
            raise ValueError

    def write(self, value: Any) -> str:
        return f"{value:03o}"


def _converted(convert: Callable[[str], N], text: str) -> N:
    """Convert a text. Raises ``ValueError`` without Python's own message, which only repeats the text."""
    try:
        return convert(text)
    except ValueError:
        raise ValueError from None
