"""Split a range of days into periods and name them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from jobs.handlers.generate_report.payload import ReportType

PeriodSize = Literal["day", "week", "month", "quarter", "year"]

_SIZES: dict[ReportType, PeriodSize] = {"monthly": "month", "quarterly": "quarter", "annual": "year"}
_MAX_DAYS_BY_DAY, _MAX_DAYS_BY_WEEK = 31, 120


@dataclass(frozen=True, kw_only=True)
class Period:
    """One day, week (from Monday), month, quarter or year, or the part of it that the report covers."""

    size: PeriodSize
    first_day: date
    last_day: date
    is_partial: bool

    @property
    def key(self) -> str:
        """Return the key in ISO 8601 style: 2025-01-31, 2025-W05, 2025-01, 2025-Q1 or 2025."""
        day = self.first_day
        match self.size:
            case "day":
                return day.isoformat()
            case "week":
                year, week, _ = day.isocalendar()
                return f"{year}-W{week:02}"
            case "month":
                return f"{day:%Y-%m}"
            case "quarter":
                return f"{day.year}-Q{_quarter(day)}"
            case "year":
                return f"{day.year}"

    @property
    def label(self) -> str:
        """Return the label for people: 31 Jan 2025, Week 5, 2025, Jan 2025, Q1 2025 or 2025."""
        day = self.first_day
        match self.size:
            case "day":
                return format_day(day)
            case "week":
                year, week, _ = day.isocalendar()
                return f"Week {week}, {year}"
            case "month":
                return f"{day:%b %Y}"
            case "quarter":
                return f"Q{_quarter(day)} {day.year}"
            case "year":
                return f"{day.year}"


def period_size(report_type: ReportType, days: int) -> PeriodSize:
    """Return the size of the periods; for ``custom`` it depends on the number of days."""
    if report_type != "custom":
        return _SIZES[report_type]
    if days <= _MAX_DAYS_BY_DAY:
        return "day"
    return "week" if days <= _MAX_DAYS_BY_WEEK else "month"


def cut_into_periods(first_day: date, last_day: date, size: PeriodSize) -> Iterator[Period]:
    """Yield every period from the first day to the last, both included, even without records."""
    day = first_day
    while day <= last_day:
        whole_first, whole_last = _whole_period(day, size)
        end = min(whole_last, last_day)
        yield Period(size=size, first_day=day, last_day=end, is_partial=(day, end) != (whole_first, whole_last))
        day = end + timedelta(days=1)


def format_day(day: date) -> str:
    return f"{day.day} {day:%b} {day.year}"


def format_range(first_day: date, last_day: date) -> str:
    return format_day(first_day) if first_day == last_day else f"{format_day(first_day)} – {format_day(last_day)}"


def short_range(first_day: date, last_day: date) -> str:
    """Write the range for the name of a file: ``2025-01-to-2025-12`` for whole months, ``2025-01-15-to-2025-02-03``."""
    is_months = first_day.day == 1 and (last_day + timedelta(days=1)).day == 1
    first, last = (f"{day:%Y-%m}" if is_months else day.isoformat() for day in (first_day, last_day))
    return first if first == last else f"{first}-to-{last}"


def format_days(first_day: date, last_day: date) -> str:
    """Write whole months as such: ``Jan 2025``, ``Jan–Mar 2025``, ``Dec 2024 – Jan 2025``. Other ranges: their days."""
    if first_day.day != 1 or (last_day + timedelta(days=1)).day != 1:
        return format_range(first_day, last_day)
    if first_day.year != last_day.year:
        return f"{first_day:%b} {first_day.year} – {last_day:%b} {last_day.year}"
    if first_day.month == last_day.month:
        return f"{first_day:%b} {first_day.year}"
    return f"{first_day:%b}–{last_day:%b} {last_day.year}"


def _whole_period(day: date, size: PeriodSize) -> tuple[date, date]:
    match size:
        case "day":
            return day, day
        case "week":
            monday = day - timedelta(days=day.weekday())
            return monday, monday + timedelta(days=6)
        case "month":
            return _months(day.year, day.month, 1)
        case "quarter":
            return _months(day.year, 3 * _quarter(day) - 2, 3)
        case "year":
            return _months(day.year, 1, 12)


def _months(year: int, month: int, count: int) -> tuple[date, date]:
    following = year * 12 + month - 1 + count
    return date(year, month, 1), date(following // 12, following % 12 + 1, 1) - timedelta(days=1)


def _quarter(day: date) -> int:
    return (day.month + 2) // 3
