"""The face of opened rows for handlers. Light to import; the implementation is as heavy as DuckDB."""

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
        """The name that people see."""

    @property
    def fingerprint(self) -> str:
        """Return the SHA-256, in hex, of the rows in their order and of the columns' names and types."""

    @property
    def columns(self) -> Mapping[str, str]:
        """Name → DuckDB type, in order."""

    @property
    def rows(self) -> int: ...
    @property
    def units(self) -> Mapping[str, str]:
        """Column → its unit, such as kg or CHF, as far as a registered source names any."""

    @property
    def notes(self) -> Sequence[str]:
        """Sentences for people about what was mended, cut or assumed when the rows were read."""

    def execute(
        self,
        sql: str,
        parameters: Sequence[Any] | Mapping[str, Any] = (),
        *,
        on_share: Callable[[float], None] | None = None,
    ) -> None:
        """Run one statement, such as CREATE TABLE … AS. What a user sent goes into ``parameters``.

        While a long one runs, ``on_share`` is called with the share (0–1) that is done. For a short one it may not be.
        """

    def fetch(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return all its rows."""

    def stream(
        self, sql: str, rows: int, parameters: Sequence[Any] | Mapping[str, Any] = ()
    ) -> "Iterator[pa.RecordBatch]":
        """Yield the rows of a SELECT in batches of about ``rows`` rows. The result is never in memory as a whole."""
