"""The sources that reports read: tables registered by name in ``STREAMER_SOURCES``.

A definition is a dictionary with the fields of ``SourceDefinition``. Operators write definitions, so they
are trusted. User input reaches SQL only as bound parameters, or as a column name that was first found among the
source's real columns.
"""

from jobs.data.sources.checks import check_sources
from jobs.data.sources.definition import SourceDefinition
from jobs.data.sources.fingerprint import source_fingerprint
from jobs.data.sources.registry import find_source

__all__ = ["SourceDefinition", "check_sources", "find_source", "source_fingerprint"]
