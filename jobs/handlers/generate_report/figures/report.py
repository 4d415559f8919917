"""Compute the figures of a report."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from jobs.handlers.generate_report.comparison import Comparison, Days, comparison_of
from jobs.handlers.generate_report.figures.breakdowns import (
    Breakdown,
    break_down,
    break_down_by_groups,
    break_down_by_source,
)
from jobs.handlers.generate_report.figures.tallies import Tally, add_up, tally_sql, to_tally
from jobs.handlers.generate_report.payload import ReportPayload
from jobs.handlers.generate_report.periods import Period, cut_into_periods, period_size
from jobs.handlers.generate_report.records.selection import SELECTION, Selection
from jobs.handlers.generate_report.records.union import SOURCE

ByDay = dict[date, Tally]


@dataclass(frozen=True, kw_only=True)
class Previous:
    """The figures that the report is compared with."""

    kind: str
    """A label for people, such as "Previous year"."""
    days: Days
    whole: Tally
    periods: Sequence[tuple[Days, Tally]]
    """One entry for each period of the report."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    whole: Tally
    periods: Sequence[tuple[Period, Tally]]
    categories: Breakdown
    regions: Breakdown | None
    sources: Breakdown | None
    """None unless the report is over several sources."""
    groups: Breakdown | None
    """None without ``group_by``."""
    previous: Previous | None

    @property
    def top_category(self) -> str | None:
        return self.categories.groups[0][0][0] if self.categories.groups else None


def compute_figures(selection: Selection, payload: ReportPayload) -> Figures:
    columns, names = selection.columns, selection.all.names
    rows = selection.reader.fetch(
        f"SELECT CAST({columns.moment_sql} AS DATE), {tally_sql(columns)} FROM {SELECTION} GROUP BY 1"
    )
    by_day = _by_day(rows)
    whole = add_up(by_day.values())
    size = period_size(payload.report_type, payload.days)
    periods = list(cut_into_periods(payload.start_date, payload.end_date, size))
    comparison = comparison_of(payload)
    return Figures(
        whole=whole,
        periods=[(period, _sum_days(by_day, Days(first=period.first_day, last=period.last_day))) for period in periods],
        categories=break_down(selection, columns.category, whole),
        regions=break_down(selection, columns.region, whole) if columns.region else None,
        sources=break_down_by_source(selection, columns.all[SOURCE], names, whole) if names else None,
        groups=break_down_by_groups(selection, selection.group_columns, whole) if selection.group_columns else None,
        previous=_previous(selection, comparison, periods) if comparison else None,
    )


def _previous(selection: Selection, comparison: Comparison, periods: Sequence[Period]) -> Previous:
    by_day = _by_day(selection.fetch_days(tally_sql(selection.columns), comparison.days))
    return Previous(
        kind=comparison.label,
        days=comparison.days,
        whole=add_up(by_day.values()),
        periods=[(days, _sum_days(by_day, days)) for days in comparison.days_of(periods)],
    )


def _by_day(rows: Iterable[tuple[object, ...]]) -> ByDay:
    return {row[0]: to_tally(row[1:]) for row in rows if isinstance(row[0], date)}


def _sum_days(by_day: ByDay, days: Days) -> Tally:
    return add_up(tally for day, tally in by_day.items() if days.first <= day <= days.last)
