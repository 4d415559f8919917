"""What a handler sees of rows it has opened. Light to import; the implementation weighs what DuckDB does."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pyarrow as pa

DATA = "data"
"""The name of the table in the SQL that a handler runs."""
RowsRead = Callable[[int, int | None], None]
"""Called with the rows read so far, and how many there are in all where that is known."""


class OpenTable(Protocol):
    """Rows in a DuckDB database of this run, as the table ``data``. The database can reach nothing else.

    Every method raises ``Permanent`` or ``Retryable`` with a text for people when the rows cannot be read, and what
    ``Context.check`` raises: a long statement is interrupted.
    """

    @property
    def label(self) -> str:
        """What people call it."""

    @property
    def fingerprint(self) -> str:
        """SHA-256, in hex, of the rows and their columns' names and types. Equal rows in equal order: equal text."""

    @property
    def columns(self) -> Mapping[str, str]:
        """Name → DuckDB type, in order."""

    @property
    def rows(self) -> int: ...

    def execute(
        self,
        sql: str,
        parameters: Sequence[Any] | Mapping[str, Any] = (),
        *,
        on_share: Callable[[float], None] | None = None,
    ) -> None:
        """Run one statement, such as CREATE TABLE … AS. What a user sent goes into ``parameters``.

        ``on_share`` hears, while a long one runs, which share of it (0–1) is done; a short one may end before that.
        """

    def fetch(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and give all its rows."""

    def stream(
        self, sql: str, rows: int, parameters: Sequence[Any] | Mapping[str, Any] = ()
    ) -> "Iterator[pa.RecordBatch]":
        """The outcome of a SELECT in batches of about ``rows`` rows, never held as a whole."""
