"""The face of registered sources for handlers. Light to import; ``jobs.data.sources`` implements it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol

from django.conf import settings
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

if TYPE_CHECKING:
    import pyarrow as pa


def source_names() -> tuple[str, ...]:
    """List the names of the registered sources, as ``STREAMER_SOURCES`` has them."""
    return tuple(settings.STREAMER_SOURCES)


def default_source() -> str:
    """Return the name of the source that is read when a payload names none."""
    return str(settings.STREAMER_DEFAULT_SOURCE)


def _known_source(name: str) -> str:
    if name not in source_names():
        raise ValueError(f"no source is called '{name}'; there are: {', '.join(sorted(source_names()))}")
    return name


SourceName = Annotated[
    str, AfterValidator(_known_source), WithJsonSchema({"type": "string", "format": "streamer-source"})
]
"""A payload field that names a registered source."""

DatasetId = Annotated[
    str,
    Field(
        min_length=1,
        max_length=128,
        title="Dataset",
        description="Its name or its id.",
        json_schema_extra={"format": "streamer-dataset"},
    ),
]
"""A payload field that names a dataset."""
# The formats let a form suggest the datasets of the tenant, and the columns of the chosen one.
_Column = Annotated[str, Field(min_length=1, max_length=255, json_schema_extra={"format": "streamer-column"})]


class DatasetColumns(BaseModel):
    """A dataset of the tenant to read as a source, and the meaning of its columns."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    dataset_id: DatasetId
    date: _Column = Field(title="Date column", description="It dates a record: a date, a date-time, or ISO 8601 text.")
    value: _Column = Field(title="Value column", description="Numbers to sum.")
    category: _Column = Field(title="Category column", description="Records are grouped by it.")
    region: _Column | None = Field(default=None, title="Region column", description="A second column to group by.")


class SourceTable(Protocol):
    """One table of a source, narrowed to the days asked for where it has a date column."""

    @property
    def name(self) -> str: ...
    @property
    def total(self) -> int:
        """Return the number of rows to load."""


class SourceDescription(Protocol):
    """The name of a source, and the meaning of its columns."""

    @property
    def name(self) -> str: ...
    @property
    def label(self) -> str:
        """The name that people see."""
        ...

    @property
    def description(self) -> str: ...

    @property
    def date(self) -> str:
        """The column that dates a record: a date or a date-time; those with a time zone are taken in UTC."""
        ...

    @property
    def value(self) -> str:
        """The column that is summed, of any number type."""
        ...

    @property
    def category(self) -> str: ...
    @property
    def region(self) -> str | None: ...
    @property
    def labels(self) -> Mapping[str, str]:
        """Column → the name that people see. A column without one is shown by its own name."""
        ...

    @property
    def units(self) -> Mapping[str, str]:
        """Column → its unit, such as kg."""
        ...

    @property
    def currency(self) -> str | None:
        """The currency of the value column, as an ISO 4217 code such as CHF. None: it is no money, or not known."""


class Source(SourceDescription, Protocol):
    """A registered table, or a dataset, that handlers may read. Each row of it is one record."""

    def open(self, scratch_dir: Path, check: Callable[[], None]) -> AbstractContextManager["OpenSource"]:
        """Open the source for one run. ``check`` is called often and may raise to end the reading.

        Raises ``Permanent`` when there is nothing to read.
        """
        ...


class OpenSource(Protocol):
    """A source being read into a DuckDB database of the run: open the tables, load each, then query the records.

    Every method raises ``Permanent`` or ``Retryable`` with a text for people when the source cannot be read, and what
    the ``check`` given to ``Source.open`` raises.
    """

    @property
    def source(self) -> SourceDescription: ...

    @property
    def records_query(self) -> str:
        """The SELECT, in DuckDB's SQL, that makes one row per record of the loaded tables."""

    def open_tables(self, first_day: date, last_day: date) -> Sequence[SourceTable]:
        """Create each table, empty, and count its rows. Both days are included."""

    def load(self, table: Any) -> Iterator[int]:
        """Read the rows of a table, and yield the number read so far after each batch."""

    def columns(self) -> dict[str, str]:
        """Name → DuckDB type of the columns of a record, in order."""

    def fetch(
        self,
        sql: str,
        parameters: Sequence[Any] | dict[str, Any] = (),
        *,
        on_share: Callable[[float], None] | None = None,
    ) -> list[tuple[Any, ...]]:
        """Run one statement and return all its rows. What a user sent goes into ``parameters``, never into ``sql``.

        While a long one runs, ``on_share`` is called with the share (0–1) that is done. For a short one it may not be.

        Cast moments with a time zone to TIMESTAMP, which is then in UTC: DuckDB gives them to Python only with pytz.
        """

    def stream(self, sql: str, rows: int) -> "Iterator[pa.RecordBatch]":
        """Yield the rows of a SELECT in batches of about ``rows`` rows. The result is never in memory as a whole."""

    def take(self, table: str, batches: "Iterator[pa.RecordBatch]") -> Iterator[int]:
        """Add rows to a table that the handler made, and yield the number added so far after each batch.

        ``table`` is SQL, so it must come from the handler and never from a user.
        """
