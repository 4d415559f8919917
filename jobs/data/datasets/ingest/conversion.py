"""Turns an uploaded file into Parquet. Also a program: options as JSON on standard input, the outcome on standard
output, so that a server can run it in a process of its own (``ingest_process``).
"""

import json
import os
import sys
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb

from jobs.contract.quoting import quote_name, quote_text
from jobs.data.datasets.failures import DatasetError, Unreadable
from jobs.data.datasets.formats.parquet import parquet_to_parquet, refuse_rows
from jobs.data.datasets.formats.texts import Texts
from jobs.data.datasets.ingest.content import Kind, kind_of
from jobs.data.datasets.ingest.engine import open_engine
from jobs.data.datasets.ingest.text_files import add_text, faults_of_files, finish
from jobs.data.datasets.ingest.unpacking import check_archive, unpack_gzip
from jobs.data.datasets.outcome import Ingested, Options
from jobs.data.datasets.showing import first_rows
from jobs.data.process_limits import DISK_FULL, limit_this_process
from jobs.data.sandbox import THREADS, size_of
from jobs.full_disk import is_disk_full

# A workbook is held in memory while it is read.
MAX_WORKBOOK_BYTES = 512 * 1024 * 1024
# What libraries take beside DuckDB's limit. A workbook of 8 million cells took half of it.
_BESIDES_DUCKDB_BYTES = 3 * 1024**3 // 2


def ingest(path: Path, scratch_dir: Path, options: Options) -> Ingested:
    """Make a Parquet file of ``path`` in ``scratch_dir``. Raises ``DatasetError`` with a text for people."""
    path, scratch_dir = path.resolve(), scratch_dir.resolve()
    target = scratch_dir / "dataset.parquet"
    notes: list[str] = []
    with faults_of_files(options.memory):
        path, kind = unpacked(path, scratch_dir, options.most_unpacked_bytes)
        with open_engine(path, scratch_dir, options.memory, options.disk_bytes, in_order=kind == "json") as connection:
            used = _convert(connection, path, kind, target, options, notes)
            return _described(connection, target, used, notes)


def unpacked(path: Path, scratch_dir: Path, most_bytes: int) -> tuple[Path, Kind]:
    """Remove gzip, if any. Return the file and its kind."""
    if (kind := kind_of(path)) != "gzip":
        return path, kind
    plain = scratch_dir / "unpacked"
    unpack_gzip(path, plain, most_bytes)
    if (kind := kind_of(plain)) == "gzip":
        raise Unreadable("The file is packed twice with gzip")
    return plain, kind


def _convert(
    connection: duckdb.DuckDBPyConnection, path: Path, kind: Kind, target: Path, options: Options, notes: list[str]
) -> str:
    """Write ``target``. Return the name of the file's format."""
    if kind == "excel":
        # It takes as much memory as DuckDB, and only workbooks need it.
        from jobs.data.datasets.formats.excel import excel_to_parquet  # noqa: PLC0415

        if zipfile.is_zipfile(path):
            check_archive(path, MAX_WORKBOOK_BYTES)
        excel_to_parquet(path, target, options.sheet, options.header, notes)
        return "excel"
    if options.sheet is not None:
        raise Unreadable("Only workbooks have sheets")
    if options.header is False and kind in ("parquet", "json"):
        notes.append("Files of this format name their columns themselves, so 'header' was not used")
    if kind == "parquet":
        parquet_to_parquet(connection, path, target, notes)
        return "parquet"
    texts = Texts(connection=connection, folder=target.parent, typed=target)
    used = add_text(texts, path, kind, options.header, notes)
    finish(texts, target, notes)
    texts.remove(texts.parts)
    return used


def _described(connection: duckdb.DuckDBPyConnection, target: Path, kind: str, notes: list[str]) -> Ingested:
    table = f"read_parquet({quote_text(str(target))}, hive_partitioning = false)"
    types = [(name, of_type) for name, of_type, *_ in connection.execute(f"DESCRIBE FROM {table}").fetchall()]
    counts = ", ".join(f"count({quote_name(name)})" for name, _ in types)
    rows, *filled = connection.execute(f"SELECT count(*), {counts} FROM {table}").fetchall()[0]
    if rows == 0:
        raise Unreadable("The file has a header and no rows")
    refuse_rows(rows)
    return Ingested(
        path=str(target),
        format=kind,
        columns=[
            {"name": name, "type": of_type, "nulls": rows - count}
            for (name, of_type), count in zip(types, filled, strict=True)
        ],
        rows=rows,
        sample=first_rows(connection, table, dict(types)),
        notes=notes,
    )


def main() -> None:
    asked = json.load(sys.stdin)
    options = Options(**asked["options"])
    limit_this_process(
        memory_bytes=size_of(options.memory) + _BESIDES_DUCKDB_BYTES,
        processor_seconds=options.seconds * THREADS,
        file_bytes=options.most_unpacked_bytes,
    )
    try:
        json.dump(_outcome(Path(asked["path"]), Path(asked["scratch_dir"]), options), sys.stdout)
        sys.stdout.flush()
    except (OSError, duckdb.Error) as error:
        if not is_disk_full(error):
            raise
        # What is left to be written is lost too: nothing may be tried again on the way out.
        os._exit(DISK_FULL)


def _outcome(path: Path, scratch_dir: Path, options: Options) -> dict[str, Any]:
    try:
        return {"ingested": asdict(ingest(path, scratch_dir, options))}
    except DatasetError as error:
        return {"error": {"type": type(error).__name__, "message": error.message, "details": error.details}}


if __name__ == "__main__":
    main()
