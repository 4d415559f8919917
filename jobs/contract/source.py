"""What a handler sees of a registered source. Light to import; ``jobs.data.sources`` implements it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol

from django.conf import settings
from pydantic import AfterValidator, WithJsonSchema

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


class SourceTable(Protocol):
    """One table of a source, narrowed to the days asked for where it has a date column."""

    @property
    def name(self) -> str: ...
    @property
    def total(self) -> int:
        """Rows there are to load."""


class SourceDescription(Protocol):
    """What a registered source is called, and which of its columns mean what."""

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
        """The column that is summed: any number type."""
        ...

    @property
    def category(self) -> str: ...
    @property
    def region(self) -> str | None: ...


class Source(SourceDescription, Protocol):
    """A registered table that handlers may read. Each row of it is one record."""

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
        """A SELECT, in DuckDB's SQL, over the loaded tables: one row per record."""

    def open_tables(self, first_day: date, last_day: date) -> Sequence[SourceTable]:
        """Count the rows of each table and create it, empty. Both days are included."""

    def load(self, table: Any) -> Iterator[int]:
        """Read the rows of a table; gives the number read so far after each batch."""

    def columns(self) -> dict[str, str]:
        """Name → DuckDB type of the columns of a record, in order."""

    def fetch(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and give all its rows. What a user sent goes into ``parameters``, never into ``sql``.

        Cast moments with a time zone to TIMESTAMP, which is then in UTC: DuckDB gives them to Python only with pytz.
        """

    def stream(self, sql: str, rows: int) -> "Iterator[pa.RecordBatch]":
        """The outcome of a SELECT in batches of about ``rows`` rows, never held as a whole."""

    def take(self, table: str, batches: "Iterator[pa.RecordBatch]") -> Iterator[int]:
        """Add rows from elsewhere to a table that the handler made; gives the number added so far after each batch.

        ``table`` is SQL, and the handler's own word.
        """
