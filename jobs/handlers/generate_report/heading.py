"""Make the heading that every format shows: title, range, source, filters, time of making."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from jobs.handlers.generate_report.comparison import comparison_of
from jobs.handlers.generate_report.payload import ReportPayload
from jobs.handlers.generate_report.periods import format_range, period_size
from jobs.handlers.generate_report.records.filters import describe_filters
from jobs.handlers.generate_report.records.source import Records
from jobs.handlers.generate_report.wording import Words

_TITLES = {
    "day": "Daily report",
    "week": "Weekly report",
    "month": "Monthly report",
    "quarter": "Quarterly report",
    "year": "Annual report",
}


@dataclass(frozen=True, kw_only=True)
class Heading:
    title: str
    days: str
    source: str
    source_description: str
    filters: str
    compared_with: str
    """Empty if the report compares with nothing."""
    notes: tuple[str, ...]
    """Sentences about values that count as missing."""
    words: Words
    request_id: str
    generated_at: datetime

    @property
    def generated(self) -> str:
        return f"{self.generated_at:%Y-%m-%d %H:%M} UTC"


def make_heading(
    payload: ReportPayload, records: Records, *, notes: Sequence[str], request_id: str, generated_at: datetime
) -> Heading:
    comparison = comparison_of(payload)
    return Heading(
        title=_TITLES[period_size(payload.report_type, payload.days)],
        days=format_range(payload.start_date, payload.end_date),
        source=records.label,
        source_description=records.description,
        filters="; ".join(describe_filters(payload.filters, records.words)) or "none",
        compared_with=f"{comparison.label}, {comparison.days.label}" if comparison else "",
        notes=tuple(notes),
        words=records.words,
        request_id=request_id,
        generated_at=generated_at,
    )
