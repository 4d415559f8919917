"""Turns the errors of DuckDB and of databases into ones whose text a user may read."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
from django import db

from jobs.data.duckdb_errors import reason_of
from jobs.errors import Permanent, Retryable

logger = logging.getLogger(__name__)

# Their texts name columns and values, never paths or hosts, and say what an operator has to fix.
_TELLING = (duckdb.BinderException, duckdb.CatalogException, duckdb.ConversionException, duckdb.ParserException)

_TOO_LARGE = ("out of range for the destination type", "Could not cast value")


@contextmanager
def readable_failures(label: str) -> Iterator[None]:
    """Raise ``Retryable`` or ``Permanent`` in place of a library's error, and log the original."""
    try:
        yield
    except (duckdb.Error, db.Error) as error:
        # Without a traceback: it may be people's values that do not fit.
        logger.warning("source %r cannot be read: %s", label, error)
        if isinstance(error, (duckdb.IOException, db.OperationalError, db.InterfaceError)):
            raise Retryable(f"The source '{label}' cannot be read at the moment.") from error
        if _is_overflow(error):
            text = f"A result over '{label}' is outside the range of its numbers: {reason_of(error)}"
            raise Permanent(text) from error
        raise Permanent(f"The source '{label}' cannot be read: {_reason(error)}") from error


def _is_overflow(error: Exception) -> bool:
    """Tell if a calculation failed, and not the reading."""
    return isinstance(error, duckdb.OutOfRangeException) or (
        isinstance(error, duckdb.ConversionException) and any(part in str(error) for part in _TOO_LARGE)
    )


def _reason(error: Exception) -> str:
    if isinstance(error, _TELLING):
        return reason_of(error)
    if isinstance(error, duckdb.OutOfMemoryException):
        return "it needs more memory than STREAMER_DUCKDB_MEMORY allows."
    return "the log of the worker says why."
