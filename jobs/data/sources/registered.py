"""A registered source that can be described and opened."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from jobs.contract.source import OpenSource
from jobs.data.sources.definition import SourceDefinition


class RegisteredSource(SourceDefinition):
    """The definition of a source, and the way to its rows.

    DuckDB and pyarrow take 100 MB, so a process that only lists the sources does not load them.
    """

    def summary(self) -> dict[str, Any]:
        """Build the description for clients without what only the source's data tell."""
        return {
            "kind": "source",
            "dataset_id": self.name,
            "name": self.name,
            "label": self.label,
            "description": self.description,
        }

    def describe(self) -> dict[str, Any]:
        """Build columns, types and first rows. The rows are not counted, because a large table makes that slow.

        Raises ``HandlerError`` when the source cannot be read.
        """
        # Models, which sources are checked before.
        from jobs.data.datasets.adding import scratch_folder  # noqa: PLC0415
        from jobs.data.sources.preview import source_preview  # noqa: PLC0415

        with scratch_folder() as folder:
            return {**self.summary(), "rows": None, **source_preview(self, Path(folder))}

    def open(self, scratch_dir: Path, check: Callable[[], None]) -> AbstractContextManager[OpenSource]:
        """Open the source for one run. ``check`` is called often and may raise to end the reading.

        Raises ``Permanent`` when there is nothing to read.
        """
        from jobs.data.sources.reader import SourceReader  # noqa: PLC0415

        return SourceReader(self, scratch_dir, check)
