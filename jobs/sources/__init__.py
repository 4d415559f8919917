"""Where reports read from: tables registered by name in ``STREAMER_SOURCES``.

A definition is a dictionary with the fields of ``Source``. Definitions are the operator's and are trusted; what a user
sends reaches SQL only as bound parameters, or as a column name that was first found among the source's real columns.
"""

from jobs.sources.checks import check_sources
from jobs.sources.definition import Source
from jobs.sources.fingerprint import source_fingerprint
from jobs.sources.opened import OpenSource, SourceTable
from jobs.sources.registry import default_source, find_source, source_names

__all__ = [
    "OpenSource",
    "Source",
    "SourceTable",
    "check_sources",
    "default_source",
    "find_source",
    "source_fingerprint",
    "source_names",
]
