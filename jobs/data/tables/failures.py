"""The errors that a user gets when rows cannot be read."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import duckdb

from jobs.data.duckdb_errors import OF_THE_CONTENT, reason_of
from jobs.errors import InvalidPayload, Permanent, Retryable

logger = logging.getLogger(__name__)


def not_there(field: str, message: str) -> InvalidPayload:
    """Build the fault of a data source that names something that does not exist. ``field`` is one of its fields."""
    return InvalidPayload([{"path": f"data_source.{field}", "message": message, "type": "value_error"}])


@contextmanager
def loading_failures(label: str, names: Mapping[str, str] | None = None) -> Iterator[None]:
    """Raise ``Permanent`` or ``Retryable`` in place of DuckDB's errors, and log the original.

    ``names`` maps absolute paths to the names that people see, because no error text shows a path of the server.
    """
    try:
        yield
    except duckdb.Error as error:
        # Without a traceback: people's files are no faults of the program.
        logger.warning("'%s' cannot be read: %s", label, error)
        if isinstance(error, duckdb.OutOfMemoryException):
            raise Permanent(f"'{label}' needs more memory or disk than a request may use.") from error
        # An error that names one of the files is about its content; others are about the disk.
        if isinstance(error, OF_THE_CONTENT) or any(path in str(error) for path in names or ()):
            raise Permanent(f"'{label}' cannot be read: {reason_of(error, names)}") from error
        raise Retryable(f"'{label}' cannot be read at the moment.") from error
