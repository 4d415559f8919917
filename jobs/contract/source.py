"""The face of registered sources for handlers. Light to import; ``jobs.data.sources`` implements it."""

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
        """Return the number of rows to load."""


class SourceDescription(Protocol):
    """The name of a registered source, and the meaning of its columns."""

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
        """The SELECT, in DuckDB's SQL, that makes one row per record of the loaded tables."""

    def open_tables(self, first_day: date, last_day: date) -> Sequence[SourceTable]:
        """Create each table, empty, and count its rows. Both days are included."""

    def load(self, table: Any) -> Iterator[int]:
        """Read the rows of a table, and yield the number read so far after each batch."""

    def columns(self) -> dict[str, str]:
        """Name → DuckDB type of the columns of a record, in order."""

    def fetch(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return all its rows. What a user sent goes into ``parameters``, never into ``sql``.

        Cast moments with a time zone to TIMESTAMP, which is then in UTC: DuckDB gives them to Python only with pytz.
        """

    def stream(self, sql: str, rows: int) -> "Iterator[pa.RecordBatch]":
        """Yield the rows of a SELECT in batches of about ``rows`` rows. The result is never in memory as a whole."""

    def take(self, table: str, batches: "Iterator[pa.RecordBatch]") -> Iterator[int]:
        """Add rows to a table that the handler made, and yield the number added so far after each batch.

        ``table`` is SQL, so it must come from the handler and never from a user.
        """
