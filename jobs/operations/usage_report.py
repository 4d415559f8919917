"""The use of days as files and lines: for the command and for the admin."""

import csv
import io
from collections.abc import Iterable
from typing import Any

from jobs.contract.cells import guard_formula
from jobs.usage.daily import DayUse

COLUMNS = ("tenant", "day", "requests", "worker_seconds", "bytes_written", "refused")


def as_object(used: DayUse) -> dict[str, Any]:
    """Return one day of a tenant as JSON."""
    return dict(zip(COLUMNS, _values(used), strict=True))


def as_csv(rows: Iterable[DayUse]) -> str:
    """Return a CSV file with a header. A spreadsheet takes no tenant for a formula."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for used in rows:
        tenant, *others = _values(used)
        writer.writerow([guard_formula(tenant), *others])
    return file.getvalue()


def _values(used: DayUse) -> tuple[str, str, int, float, int, int]:
    use = used.use
    seconds = round(use.worker_seconds, 3)
    return used.tenant_id, used.day.isoformat(), use.requests, seconds, use.bytes_written, use.refused
