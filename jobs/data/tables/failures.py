"""The errors that a user gets when rows cannot be read."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import duckdb

from jobs.errors import InvalidPayload, Permanent, Retryable

logger = logging.getLogger(__name__)

_LONGEST = 500
_WRONG_ROWS = (
    duckdb.InvalidInputException,
    duckdb.ConversionException,
    duckdb.OutOfRangeException,
    duckdb.BinderException,
    duckdb.CatalogException,
)


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
        logger.warning("'%s' cannot be read", label, exc_info=error)
        if isinstance(error, duckdb.OutOfMemoryException):
            raise Permanent(f"'{label}' needs more memory or disk than a request may use.") from error
        # An error that names one of the files is about its content; others are about the disk.
        if isinstance(error, _WRONG_ROWS) or any(path in str(error) for path in names or ()):
            raise Permanent(f"'{label}' cannot be read: {_reason(error, names or {})}") from error
        raise Retryable(f"'{label}' cannot be read at the moment.") from error


def _reason(error: Exception, names: Mapping[str, str]) -> str:
    text = str(error)
    for path, name in names.items():
        text = text.replace(path, name)
    # The first lines say what is wrong and where; the rest advises options that a user cannot set.
    told = text.split("\n\n")[0].splitlines()[:3]
    return " ".join(line.strip() for line in told if line.strip())[:_LONGEST]
