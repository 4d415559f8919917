"""Add up records. Sums are exact decimals; averages and displayed values are rounded half up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from jobs.handlers.generate_report.records.columns import Columns

_CENT = Decimal("0.01")


@dataclass(frozen=True, kw_only=True)
class Tally:
    """A count and a total of records. A record without a value counts, adds nothing and is left out of the average."""

    records: int = 0
    with_value: int = 0
    exact_total: Decimal = Decimal(0)

    @property
    def total(self) -> Decimal:
        return round_amount(self.exact_total)

    @property
    def exact_average(self) -> Decimal:
        return self.exact_total / self.with_value if self.with_value else Decimal(0)

    @property
    def average(self) -> Decimal:
        return round_amount(self.exact_average)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            records=self.records + other.records,
            with_value=self.with_value + other.with_value,
            exact_total=self.exact_total + other.exact_total,
        )

    def __sub__(self, other: "Tally") -> "Tally":
        return Tally(
            records=self.records - other.records,
            with_value=self.with_value - other.with_value,
            exact_total=self.exact_total - other.exact_total,
        )


def add_up(tallies: Iterable[Tally]) -> Tally:
    return sum(tallies, Tally())


def change_percent(before: Tally | None, now: Tally) -> Decimal | None:
    """Return the change of the total in percent, with one decimal; None when there is nothing to compare with."""
    return None if before is None else change_of(before.exact_total, now.exact_total)


def change_of(before: Decimal, now: Decimal) -> Decimal | None:
    """Return the change in percent, with one decimal; positive for a rise. None if ``before`` is zero."""
    if before == 0:
        return None
    return ((now - before) / abs(before) * 100).quantize(Decimal("0.1"), ROUND_HALF_UP)


def round_amount(amount: Decimal) -> Decimal:
    """Round to cents. What is less than a cent keeps three digits, so that it does not become nothing."""
    unit = _CENT if abs(amount) >= _CENT or not amount else Decimal((0, (1,), amount.adjusted() - 2))
    return amount.quantize(unit, ROUND_HALF_UP)


def tally_sql(columns: Columns) -> str:
    """Return the columns of a SELECT that ``to_tally`` reads."""
    return f"count(*), count({columns.value_sql}), sum({columns.amount_sql})"


def to_tally(row: Sequence[Any]) -> Tally:
    records, with_value, total = row
    return Tally(records=records, with_value=with_value, exact_total=Decimal(0) if total is None else Decimal(total))
