"""Find the days that a report is compared with, and assign them to its periods."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from jobs.handlers.generate_report.payload import ReportPayload
from jobs.handlers.generate_report.periods import Period, format_range

_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Days:
    """Days from ``first`` to ``last``, both included. There are none when ``last`` is before ``first``."""

    first: date
    last: date

    @property
    def is_empty(self) -> bool:
        return self.last < self.first

    @property
    def label(self) -> str:
        return "no such day" if self.is_empty else format_range(self.first, self.last)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The comparison that ``compare`` asks for."""

    payload: ReportPayload

    @property
    def days(self) -> Days:
        # Computed from the day after the end, so that whole months stay whole in leap years.
        last = self._back(self.payload.end_date + _DAY) - _DAY
        return Days(first=self._back(self.payload.start_date), last=last)

    @property
    def label(self) -> str:
        return "Previous year" if self.payload.compare == "previous_year" else "Previous period"

    def days_of(self, periods: Sequence[Period]) -> list[Days]:
        """List the earlier days that each period is compared with. Together they are ``days``, each day once.

        29 February has no counterpart in a year without one.
        """
        firsts = [self._back(period.first_day) for period in periods]
        lasts = [*(first - _DAY for first in firsts[1:]), self.days.last]
        return [Days(first=first, last=last) for first, last in zip(firsts, lasts, strict=True)]

    def _back(self, day: date) -> date:
        if self.payload.compare == "previous_period":
            return day - timedelta(days=self.payload.days)
        if (day.month, day.day) == (2, 29):
            return date(day.year - 1, 3, 1)
        return day.replace(year=day.year - 1)


def comparison_of(payload: ReportPayload) -> Comparison | None:
    return None if payload.compare == "none" else Comparison(payload=payload)


def days_to_read(payload: ReportPayload) -> Days:
    """Return the days of the report, the days it is compared with, and all days between them."""
    comparison = comparison_of(payload)
    first = min(payload.start_date, comparison.days.first) if comparison else payload.start_date
    return Days(first=first, last=payload.end_date)
