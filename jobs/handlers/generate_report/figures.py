"""The numbers of a report. Sums are exact decimals; averages and what is shown are rounded half up to two decimals."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from jobs.handlers.generate_report.columns import Column
from jobs.handlers.generate_report.payload import ReportPayload
from jobs.handlers.generate_report.periods import Period, cut_into_periods, period_size
from jobs.handlers.generate_report.selection import SELECTION, Selection

MOST_GROUPS = 100
NO_NAME = "(none)"
_CENT = Decimal("0.01")


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Some records taken together. A record without a value counts, adds nothing and is left out of the average."""

    records: int = 0
    with_value: int = 0
    exact_total: Decimal = Decimal(0)

    @property
    def total(self) -> Decimal:
        return round_cents(self.exact_total)

    @property
    def average(self) -> Decimal:
        return round_cents(self.exact_total / self.with_value) if self.with_value else round_cents(Decimal(0))

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            records=self.records + other.records,
            with_value=self.with_value + other.with_value,
            exact_total=self.exact_total + other.exact_total,
        )


@dataclass(frozen=True, kw_only=True)
class Breakdown:
    """Tallies by category or by region, the largest total first."""

    groups: Sequence[tuple[str, Tally]]
    """At most a hundred."""
    count: int
    """How many different ones there are."""
    others: Tally
    """All that are beyond the hundred, together."""

    def rows(self) -> list[tuple[str, Tally]]:
        """The groups and, if there are more of them, one row for the rest."""
        beyond = self.count - len(self.groups)
        return [*self.groups, (f"All others ({beyond:,})", self.others)] if beyond else list(self.groups)


@dataclass(frozen=True, kw_only=True)
class Figures:
    whole: Tally
    periods: Sequence[tuple[Period, Tally]]
    categories: Breakdown
    regions: Breakdown | None

    @property
    def top_category(self) -> str | None:
        return self.categories.groups[0][0] if self.categories.groups else None

    @property
    def best_period(self) -> tuple[Period, Tally] | None:
        """The period with the largest total; None without records."""
        return max(self.periods, key=lambda row: row[1].exact_total) if self.whole.records else None


def compute_figures(selection: Selection, payload: ReportPayload) -> Figures:
    columns = selection.columns
    by_day = {row[0]: _tally(row[1:]) for row in selection.reader.fetch(_by_day_sql(selection))}
    whole = add_up(by_day.values())
    return Figures(
        whole=whole,
        periods=_by_period(by_day, payload),
        categories=_break_down(selection, columns.category, whole),
        regions=_break_down(selection, columns.region, whole) if columns.region else None,
    )


def add_up(tallies: Iterable[Tally]) -> Tally:
    return sum(tallies, Tally())


def change_percent(before: Tally | None, now: Tally) -> Decimal | None:
    """Change of the total in percent, one decimal; None when there is nothing to compare with."""
    if before is None or before.exact_total == 0:
        return None
    change = (now.exact_total - before.exact_total) / abs(before.exact_total) * 100
    return change.quantize(Decimal("0.1"), ROUND_HALF_UP)


def round_cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)


def _by_period(by_day: dict[date, Tally], payload: ReportPayload) -> list[tuple[Period, Tally]]:
    size = period_size(payload.report_type, payload.days)
    return [
        (period, add_up(tally for day, tally in by_day.items() if period.first_day <= day <= period.last_day))
        for period in cut_into_periods(payload.start_date, payload.end_date, size)
    ]


def _by_day_sql(selection: Selection) -> str:
    columns = selection.columns
    return f"SELECT CAST({columns.moment_sql} AS DATE), {_tally_sql(selection)} FROM {SELECTION} GROUP BY 1"


def _tally_sql(selection: Selection) -> str:
    columns = selection.columns
    return f"count(*), count({columns.value.sql}), sum({columns.amount_sql})"


def _break_down(selection: Selection, column: Column, whole: Tally) -> Breakdown:
    name = f"coalesce(nullif(CAST({column.sql} AS VARCHAR), ''), '{NO_NAME}')"
    rows = selection.reader.fetch(
        f"SELECT {name}, {_tally_sql(selection)} FROM {SELECTION} GROUP BY 1 "
        f"ORDER BY sum({selection.columns.amount_sql}) DESC NULLS LAST, 1 LIMIT {MOST_GROUPS}"
    )
    groups = [(row[0], _tally(row[1:])) for row in rows]
    shown = add_up(tally for _, tally in groups)
    return Breakdown(
        groups=groups,
        count=selection.reader.fetch(f"SELECT count(DISTINCT {name}) FROM {SELECTION}")[0][0],
        others=Tally(
            records=whole.records - shown.records,
            with_value=whole.with_value - shown.with_value,
            exact_total=whole.exact_total - shown.exact_total,
        ),
    )


def _tally(row: Sequence[Any]) -> Tally:
    records, with_value, total = row
    return Tally(records=records, with_value=with_value, exact_total=Decimal(0) if total is None else Decimal(total))
