"""The names of data sources in titles."""

from pathlib import PurePosixPath

from jobs.contract.data_source import DatasetSource, DataSource, FileSource, InlineSource, StreamSource
from jobs.contract.titles.default import one_line
from jobs.formatting import format_counted

_MAX_CHARACTERS = 40


def name_source(source: DataSource) -> str:
    """Name rows to work on: ``orders``, ``orders.csv``, ``200 rows``, or the beginning of the query."""
    if isinstance(source, InlineSource):
        count = len(source.rows)
        return format_counted(count, "row")
    if isinstance(source, DatasetSource):
        name = source.dataset_id
    elif isinstance(source, FileSource):
        name = PurePosixPath(source.path).name
    else:
        name = source.stream_id if isinstance(source, StreamSource) else source.sql
    return one_line(name, _MAX_CHARACTERS)
