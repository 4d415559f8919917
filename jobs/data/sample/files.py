"""Puts the sample tables on disk: all four files at once, or none."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet

from jobs.data.sample.source import SAMPLE_TABLES
from jobs.data.sample.tables import SEED, generate_tables


@dataclass(frozen=True, kw_only=True)
class SampleFile:
    table: str
    rows: int
    size_bytes: int


def sample_is_there(folder: Path) -> bool:
    return all((folder / f"{table}.parquet").is_file() for table in SAMPLE_TABLES)


def write_sample(folder: Path, seed: int = SEED) -> list[SampleFile]:
    """Write one Parquet file per table into ``folder``, replacing what is there.

    The files are written beside it first and then renamed into place, so a reader never sees a part of them.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        files = [_write(fresh / f"{name}.parquet", table) for name, table in generate_tables(seed).items()]
        fresh.chmod(0o755)
        _put_in_place(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return files


def _write(path: Path, table: pyarrow.Table) -> SampleFile:
    pyarrow.parquet.write_table(table, path, compression="zstd")
    return SampleFile(table=path.stem, rows=table.num_rows, size_bytes=path.stat().st_size)


def _put_in_place(fresh: Path, folder: Path) -> None:
    old = Path(f"{fresh}-old")
    if folder.exists():
        folder.rename(old)
    try:
        fresh.rename(folder)
    except OSError:
        # Two commands at once: the other one's files are equal to these.
        if not sample_is_there(folder):
            raise
    shutil.rmtree(old, ignore_errors=True)
