"""What a report can be asked for."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
)

from jobs.handler import Payload, SourceName, default_source

MOST_DAYS = 366
# ``fromisoformat`` alone would also take week dates and dates without hyphens.
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d")

ReportFormat = Literal["pdf", "csv", "excel"]
ReportType = Literal["monthly", "quarterly", "annual", "custom"]
FilterValue = Annotated[str, Field(max_length=1000)] | int | float | bool
MOST_FILTER_VALUES = 500


def _one_fault(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """One fault that says what a filter is, in place of one for each type it is not."""
    try:
        return validate(value)
    except ValidationError:
        raise ValueError(
            f"a filter is a text, a number, true or false, or a list of 1 to {MOST_FILTER_VALUES} of these"
        ) from None


FilterValues = Annotated[
    FilterValue | Annotated[list[FilterValue], Field(min_length=1, max_length=MOST_FILTER_VALUES)],
    WrapValidator(_one_fault),
]
Filters = dict[Annotated[str, Field(min_length=1, max_length=128)], FilterValues]


def _as_day(value: Any) -> Any:
    """A date, or the UTC day of a date-time. One without an offset is taken to be in UTC."""
    if not isinstance(value, str):
        return value
    try:
        return date.fromisoformat(value) if _DATE.fullmatch(value) else _utc_day(value)
    except (ValueError, OverflowError):
        raise ValueError(f"'{value[:40]}' is no date; write 2025-01-31, or 2025-01-31T09:30:00Z") from None


def _utc_day(text: str) -> date:
    if not _DATE_TIME.match(text):
        raise ValueError("neither a date nor a date-time")
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo is None else moment.astimezone(UTC)).date()


Day = Annotated[date, BeforeValidator(_as_day)]


class ReportPayload(Payload):
    """Which records a report covers, and how it is made."""

    start_date: Day = Field(
        title="From",
        description="The first day. A date-time is taken in UTC.",
        examples=["2025-01-01"],
    )
    end_date: Day = Field(
        title="To",
        description=f"The last day, included; at most {MOST_DAYS} days in all.",
        examples=["2025-12-31"],
    )
    format: ReportFormat = Field(
        default="pdf",
        title="Format",
        description="pdf: a document to read. excel: tables, charts and records. csv: the records alone.",
        examples=["pdf"],
    )
    report_type: ReportType = Field(
        default="monthly",
        title="Periods",
        description="What tables and charts are cut into. custom: days, weeks or months, whichever suits the range.",
        examples=["monthly"],
    )
    include_charts: bool = Field(default=True, title="Charts", description="Draw charts in a PDF or Excel report.")
    filters: Filters = Field(
        default_factory=dict,
        max_length=20,
        title="Filters",
        description="Column and the value, or list of values, a record must have there.",
        examples=[{"region": ["North", "West"], "category": "Books"}],
    )
    source: SourceName = Field(
        default_factory=default_source,
        title="Source",
        description="The registered table to report on.",
        examples=["sample"],
        json_schema_extra=lambda schema: schema.update(default=default_source()),
    )

    @field_validator("start_date")
    @classmethod
    def _leaves_room(cls, start_date: date) -> date:
        if not date.min < start_date < date.max - timedelta(days=MOST_DAYS):
            raise ValueError(f"{start_date} is outside of the calendar reports are made for")
        return start_date

    @field_validator("end_date")
    @classmethod
    def _fits_start(cls, end_date: date, info: ValidationInfo) -> date:
        # On the field and not on the model, so that it is told together with all other faults.
        start_date = info.data.get("start_date")
        if start_date is None:
            return end_date
        if end_date < start_date:
            raise ValueError(f"{end_date} is before the first day, {start_date}")
        if (days := (end_date - start_date).days + 1) > MOST_DAYS:
            raise ValueError(f"{start_date} to {end_date} is {days} days; a report covers at most {MOST_DAYS}")
        return end_date

    @property
    def days(self) -> int:
        """Days covered, both ends included."""
        return (self.end_date - self.start_date).days + 1
