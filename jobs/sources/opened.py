"""What a handler sees of a source that it has opened. Light to import; ``reader`` implements it."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pyarrow as pa

    from jobs.sources.definition import Source


class SourceTable(Protocol):
    """One table of a source, narrowed to the days asked for where it has a date column."""

    @property
    def name(self) -> str: ...
    @property
    def total(self) -> int:
        """Rows there are to load."""


class OpenSource(Protocol):
    """A source being read into a DuckDB database of the run: open the tables, load each, then query the records.

    Every method raises ``Permanent`` or ``Retryable`` with a text for people when the source cannot be read, and what
    the ``check`` given to ``Source.open`` raises.
    """

    source: "Source"

    @property
    def records_query(self) -> str:
        """A SELECT, in DuckDB's SQL, over the loaded tables: one row per record."""

    def open_tables(self, first_day: date, last_day: date) -> "Sequence[SourceTable]":
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
