"""Name the files of ``process_data`` by what they hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from jobs.handler import DataSource, FileSource, OpenTable, name_file
from jobs.handlers.process_data.payload import ProcessPayload

_WORDS = {"clustering": "clusters", "anomaly": "anomalies", "transformation": "transformed"}


def name_data(source: DataSource, table: OpenTable) -> str:
    """Return a short name for the rows: the table's own; for files the file's without its ending, or the folder's."""
    if not isinstance(source, FileSource):
        return table.label
    path = PurePosixPath(source.path)
    stem = path.name.partition(".")[0]
    return stem if any(map(str.isalnum, stem)) else path.parent.name or "files"


@dataclass(frozen=True, kw_only=True)
class Names:
    """The names of the files of one request, and of what they show."""

    payload: ProcessPayload
    data: str
    """The name of the rows that people see."""
    units: Mapping[str, str] = field(default_factory=dict)
    """Column → its unit."""

    @property
    def output(self) -> str:
        output = self.payload.output
        if output.full_name is not None:
            return output.full_name
        predictions = () if self.payload.pipeline in _WORDS else ("predictions",)
        return name_file(*self._words, *predictions, ending=output.format)

    @property
    def model(self) -> str:
        return name_file(*self._words, "model", ending="skops")

    @property
    def report(self) -> str:
        return name_file(*self._words, "report", ending="pdf")

    @property
    def _words(self) -> tuple[str, str]:
        pipeline = self.payload.pipeline
        if pipeline in _WORDS:
            return self.data, _WORDS[pipeline]
        return self.payload.options.target or self.data, pipeline
