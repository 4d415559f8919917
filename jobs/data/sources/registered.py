"""A registered source that can be opened."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from jobs.contract.source import OpenSource
from jobs.data.sources.definition import SourceDefinition


class RegisteredSource(SourceDefinition):
    """The definition of a source, and the way to its rows."""

    def open(self, scratch_dir: Path, check: Callable[[], None]) -> AbstractContextManager[OpenSource]:
        """Open the source for one run. ``check`` is called often and may raise to end the reading.

        Raises ``Permanent`` when there is nothing to read.
        """
        # DuckDB and pyarrow take 100 MB, so a web process that only lists the sources does not load them.
        from jobs.data.sources.reader import SourceReader  # noqa: PLC0415

        return SourceReader(self, scratch_dir, check)
