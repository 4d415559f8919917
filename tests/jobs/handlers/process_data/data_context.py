"""What the tests of ``process_data`` share: a context that opens rows, and short ways to run a payload."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from jobs.handler import DataSource, InvalidPayload, RowsRead
from jobs.handlers.process_data import ProcessData
from tests.jobs.handlers.open_table import DuckTable, open_table
from tests.jobs.handlers.recording_context import RecordingContext

Rows = list[dict[str, Any]]


class DataContext(RecordingContext):
    """A context whose data are inline rows or a Parquet file."""

    def open_data(self, source: DataSource, *, on_rows: RowsRead | None = None) -> AbstractContextManager[DuckTable]:
        return open_table(source, self.scratch_dir, self.check, on_rows)


def data_context(folder: Path, **changes: Any) -> DataContext:
    scratch, artifacts = folder / "scratch", folder / "artifacts"
    scratch.mkdir(parents=True)
    artifacts.mkdir()
    return DataContext(scratch_dir=scratch, artifact_dir=artifacts, **changes)


def run(context: RecordingContext, payload: Mapping[str, Any]) -> dict[str, Any]:
    handler = ProcessData()
    return handler.run(handler.parse(payload), context)


def transformation(rows: Rows, *operations: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    source = {"type": "inline", "rows": rows}
    return {"pipeline": "transformation", "data_source": source, "options": {"operations": list(operations)}, **more}


def output_rows(context: DataContext) -> Rows:
    """All rows of the JSON output."""
    [artifact] = context.artifacts
    rows: Rows = msgspec.json.decode(artifact.path.read_bytes())
    return rows


def faults_of(payload: Mapping[str, Any]) -> dict[str, str]:
    """Path → message of a payload that is not taken."""
    with pytest.raises(InvalidPayload) as caught:
        ProcessData().parse(payload)
    return {fault["path"]: fault["message"] for fault in caught.value.faults}
