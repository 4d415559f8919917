"""Tells a full disk from other errors, whichever library met it. Needs no Django."""

import errno
import os
import sqlite3

_CODES = (errno.ENOSPC, errno.EDQUOT)
_TEXTS = tuple(os.strerror(code) for code in _CODES)
# Their errors are no OSError, or one without a code, and hold the system's text.
_LIBRARIES = ("duckdb", "_duckdb", "pyarrow")
_POSTGRESQL = "53100"


def is_disk_full(error: BaseException | None) -> bool:
    """Return True if the error, or one that it came of, says that there is no room left."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _CODES:
            return True
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            return True
        if getattr(error, "sqlstate", None) == _POSTGRESQL:
            return True
        from_library = isinstance(error, OSError) or type(error).__module__.startswith(_LIBRARIES)
        if from_library and any(text in str(error) for text in _TEXTS):
            return True
        error = error.__cause__ or error.__context__
    return False
