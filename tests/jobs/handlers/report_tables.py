"""Small sources for the tests of reports, and the figures of a report computed another way: plain Python over rows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

Row = Mapping[str, Any]

ROWS: list[dict[str, Any]] = [
    {"day": date(2024, 1, 1), "amount": Decimal("10.10"), "kind": "Tea", "area": "North", "note": "first"},
    {"day": date(2024, 1, 31), "amount": Decimal("20.20"), "kind": "Coffee", "area": "South", "note": "=1+1"},
    {"day": date(2024, 2, 29), "amount": Decimal("-5.05"), "kind": "Tea", "area": "North", "note": "-5"},
    {"day": date(2024, 4, 1), "amount": Decimal("0.10"), "kind": "Tea", "area": "East", "note": "@sum"},
    {"day": date(2024, 12, 31), "amount": Decimal("0.20"), "kind": "Cocoa", "area": "South", "note": "+1"},
    {"day": date(2025, 1, 1), "amount": Decimal("99.99"), "kind": "Cocoa", "area": "West", "note": "\tend"},
]


def definition(files: str | Path | dict[str, str], **changes: Any) -> dict[str, Any]:
    """A source definition over tables with the columns of ``ROWS``."""
    base = {"label": "Hot drinks", "date": "day", "value": "amount", "category": "kind", "region": "area"}
    return {**base, "files": files if isinstance(files, dict) else str(files), **changes}


def write_parquet(path: Path, rows: Iterable[Row]) -> Path:
    pyarrow.parquet.write_table(pa.Table.from_pylist([dict(row) for row in rows]), path)
    return path


def total(rows: Iterable[Row], value: str = "amount") -> Decimal:
    return sum((row[value] for row in rows), Decimal(0))


def totals_by(rows: Iterable[Row], key: str, value: str = "amount") -> dict[Any, Decimal]:
    sums: dict[Any, Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[row[key]] += row[value]
    return dict(sums)


def in_days(rows: Iterable[Row], first: date, last: date, column: str = "day") -> list[Row]:
    return [row for row in rows if first <= row[column] <= last]
