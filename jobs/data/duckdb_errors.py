"""The part of DuckDB's errors that people may read: what is wrong, without advice to whoever runs the database.

Needs no Django.
"""

import re
from collections.abc import Mapping

import duckdb

OF_THE_CONTENT = (duckdb.ProgrammingError, duckdb.DataError, duckdb.NotSupportedError)
"""Errors about a statement or about values. All others are about memory, disk or DuckDB itself."""
_LONGEST = 500
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_ADVICE = re.compile(r"\b(SET|PRAGMA|INSTALL|LOAD) |extension")
# pyarrow turns an error inside a stream of batches into an OSError with DuckDB's text.
_IN_A_STREAM: dict[str, type[duckdb.Error]] = {
    "Conversion Error": duckdb.ConversionException,
    "Invalid Input Error": duckdb.InvalidInputException,
    "Out of Range Error": duckdb.OutOfRangeException,
    "Out of Memory Error": duckdb.OutOfMemoryException,
    "IO Error": duckdb.IOException,
}


def reason_of(error: Exception, names: Mapping[str, str] | None = None) -> str:
    """Return the first paragraph of the error's text, in one line, without sentences that advise settings.

    ``names`` maps absolute paths to the names that people see.
    """
    text = str(error)
    for path, name in (names or {}).items():
        text = text.replace(path, name)
    lines = (line.strip() for line in text.split("\n\n")[0].splitlines()[:3])
    # The first sentence says what is wrong, in which a value of the user's may look like advice.
    first, *others = _SENTENCE.split(" ".join(filter(None, lines)))
    return " ".join([first, *(other for other in others if not _ADVICE.search(other))])[:_LONGEST]


def raised_in_stream(error: OSError) -> duckdb.Error:
    """Return DuckDB's error for the one that pyarrow raised in its place."""
    return _IN_A_STREAM.get(str(error).partition(":")[0], duckdb.Error)(str(error))
