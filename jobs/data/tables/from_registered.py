"""All rows of a registered source, of all days."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from jobs.contract.table import RowsRead
from jobs.data.sources import SourceDefinition
from jobs.data.sources.failures import readable_failures
from jobs.data.sources.reader import SourceReader
from jobs.data.tables.loaded import LoadedTable
from jobs.data.tables.plain import plain_select
from jobs.data.tables.run_database import batch_rows, run_database


@contextmanager
def open_registered(
    source: SourceDefinition, scratch_dir: Path, check: Callable[[], None], on_rows: RowsRead | None
) -> Iterator[LoadedTable]:
    """Open a source. ``on_rows`` is called with the records, once the tables they are joined from were read."""
    with run_database(scratch_dir, [], check, on_rows) as database:
        with SourceReader(source, scratch_dir, check, in_order=True) as reader:
            for table in reader.open_whole():
                for _ in reader.load(table):
                    check()
            total = int(reader.fetch(f"SELECT count(*) FROM ({reader.records_query})")[0][0])
            sql = plain_select(reader.columns(), f"({reader.records_query})")
            schema = reader.connection.sql(f"{sql} LIMIT 0").to_arrow_table().schema
            with readable_failures(source.label):
                database.load(schema, reader.stream(sql, batch_rows(total)), total)
        money = {source.value: source.currency} if source.currency else {}
        yield LoadedTable(database.connection, source.label, check, {**source.units, **money})
