"""Data that a test gives a run to read: tables for ``open_data``, and files for ``open_artifact``."""

import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

from django.conf import settings

from jobs.contract.data_source import DatasetSource, DataSource, FileSource, InlineSource, QuerySource
from jobs.contract.source import DatasetColumns, Source
from jobs.contract.table import OpenTable, RowsRead
from jobs.data.datasets.outcome import Options
from jobs.data.sources import find_source
from jobs.data.sources.from_dataset import DatasetAsSource, no_such_dataset
from jobs.errors import InvalidPayload, Permanent
from jobs.testing.saved import SavedArtifact

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Table: TypeAlias = "Sequence[Mapping[str, Any]] | Path | pa.Table | pd.DataFrame"
_MISSING = {
    "dataset_id": "no dataset is called '{}'",
    "path": "there is no file '{}'",
    "stream_id": "the stream '{}' has no messages, or does not exist",
    "sql": "the test gives no outcome of the query: {}",
}


def name_of(source: DataSource) -> tuple[str, str]:
    """Return the field by which a source is named, and its value."""
    if isinstance(source, DatasetSource):
        return "dataset_id", source.dataset_id
    if isinstance(source, FileSource):
        return "path", source.path
    if isinstance(source, QuerySource):
        return "sql", source.sql
    if isinstance(source, InlineSource):
        return "rows", ""
    return "stream_id", source.stream_id


@contextmanager
def open_given_data(
    source: DataSource,
    given: Mapping[str, Table],
    *,
    scratch_dir: Path,
    check: Callable[[], None],
    on_rows: RowsRead | None,
) -> Iterator[OpenTable]:
    """See ``Context.open_data``. Inline rows and registered sources are read as in a worker."""
    # DuckDB and pyarrow weigh 100 MB: tests of handlers that read no tables go without.
    from jobs.data.tables.files.reading import open_files  # noqa: PLC0415
    from jobs.data.tables.from_registered import open_registered  # noqa: PLC0415
    from jobs.data.tables.from_rows import open_rows  # noqa: PLC0415

    field, name = name_of(source)
    if isinstance(source, InlineSource):
        opened = open_rows(source, scratch_dir, check, on_rows)
    elif name in given:
        path = _file_of(given[name], scratch_dir)
        label = "query" if field == "sql" else name
        opened = open_files({str(path): name}, label, scratch_dir, check, on_rows)
    elif field == "dataset_id" and (registered := find_source(name)) is not None:
        opened = open_registered(registered, scratch_dir, check, on_rows)
    else:
        text = _MISSING[field].format(name)
        raise InvalidPayload([{"path": f"data_source.{field}", "message": text, "type": "value_error"}])
    with opened as table:
        yield table


def given_dataset(columns: DatasetColumns, given: Mapping[str, Table]) -> Source:
    """See ``Context.get_source``."""
    if columns.dataset_id not in given:
        raise no_such_dataset(columns.dataset_id)
    table = given[columns.dataset_id]
    return DatasetAsSource(name=columns.dataset_id, columns=columns, copy=lambda folder: _dataset_of(table, folder))


@contextmanager
def open_given_artifact(
    artifact_id: uuid.UUID,
    given: Mapping[uuid.UUID, bytes | SavedArtifact],
    *,
    scratch_dir: Path,
    check: Callable[[], None],
) -> Iterator[BinaryIO]:
    """See ``Context.open_artifact``."""
    if artifact_id not in given:
        raise Permanent(f"There is no artifact '{artifact_id}'")
    check()
    content = given[artifact_id]
    path = scratch_dir / f"read-{uuid.uuid4().hex}"
    try:
        with path.open("w+b") as copy:
            copy.write(content if isinstance(content, bytes) else content.content)
            copy.seek(0)
            yield copy
    finally:
        path.unlink(missing_ok=True)


def _dataset_of(table: Table, scratch_dir: Path) -> Path:
    """Return the table as the Parquet file that a dataset is, whatever format it is given in."""
    path = _file_of(table, scratch_dir)
    if path.suffix == ".parquet":
        return path
    from jobs.data.datasets.ingest.conversion import ingest  # noqa: PLC0415  # see above

    # The conversion works on its file in place.
    copy = Path(shutil.copyfile(path, scratch_dir / f"given-{uuid.uuid4().hex}"))
    return Path(ingest(copy, scratch_dir, Options(memory=settings.STREAMER_DUCKDB_MEMORY)).path)


def _file_of(table: Table, scratch_dir: Path) -> Path:
    """Return the file of the table, or write it as Parquet."""
    if isinstance(table, Path):
        return table.resolve()
    import pyarrow as pa  # noqa: PLC0415  # see above
    import pyarrow.parquet  # noqa: PLC0415  # see above

    if isinstance(table, Sequence):
        names = dict.fromkeys(name for row in table for name in row)
        table = pa.table({name: pa.array([row.get(name) for row in table]) for name in names})
    elif not isinstance(table, pa.Table):
        table = pa.Table.from_pandas(table, preserve_index=False)
    path = (scratch_dir / f"given-{uuid.uuid4().hex}.parquet").resolve()
    pyarrow.parquet.write_table(table, path)
    return path
