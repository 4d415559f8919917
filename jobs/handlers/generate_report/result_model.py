"""Define the result of ``generate_report``. ``result`` makes it."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from jobs.handler import Result
from jobs.handlers.generate_report.payload import ReportFormat


class Tally(Result):
    """The figures of some records."""

    records: int
    total_value: float
    average_value: float


class Days(Result):
    first_day: date | None
    last_day: date | None
    """Null, as ``first_day``, where there is no day."""


class PreviousPeriod(Tally, Days):
    """The days that a period is compared with."""


class Difference(Result):
    difference: float
    change_percent: float | None
    """Null where there is nothing to compare with."""


class Period(Tally, Days):
    period: str
    """The name of the period, such as ``2024-01``."""
    previous: PreviousPeriod | None = None
    """Only with ``compare``, as the two fields below."""
    difference: float | None = None
    change_percent: float | None = None


class CategoryTally(Tally):
    category: str


class RegionTally(Tally):
    region: str


class SourceTally(Tally):
    source: str


class GroupTally(Tally):
    group: list[str]
    """A label for each of the columns."""


class OtherGroups(Tally):
    """The groups that are not listed, together."""

    groups_count: int


class Groups(Result):
    columns: list[str]
    groups_count: int
    groups: list[GroupTally]
    others: OtherGroups


class Changes(Result):
    total_value: Difference
    records: Difference
    average_value: Difference


class ComparedWith(Tally, Days):
    changes: Changes


class Stats(Result):
    total_value: float
    average_value: float
    categories_count: int
    top_category: str | None
    by_period: list[Period]
    by_category: list[CategoryTally]
    by_region: list[RegionTally]
    by_source: list[SourceTally]
    by_group: Groups | None
    """Null without ``group_by``."""
    compared_with: ComparedWith | None
    """Null without ``compare``."""
    records_per_second: float


class ReportResult(Result):
    """The file of the report, and its figures."""

    artifact_id: UUID
    url: str | None
    """Null where no URL of files is installed."""
    filename: str
    size_bytes: int
    sha256: str
    """In hexadecimal digits."""
    expires_at: datetime
    records: int
    format: ReportFormat
    generated_at: datetime
    notes: list[str] = Field(description="Sentences about what is easily overlooked.")
    stats: Stats
