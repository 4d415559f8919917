"""The options and the result of an ingest. Light to import; both travel as JSON between two processes."""

from dataclasses import dataclass, field
from typing import Any

GIB = 1024**3


@dataclass(frozen=True, kw_only=True)
class Options:
    """The uploader's options for a file, and the limits of the ingest."""

    sheet: str | None = None
    """The name of a workbook's sheet. None: the first visible one."""
    header: bool | None = None
    """True: the first line of a text file, or the first row of a sheet, names the columns. None: detect it."""
    memory: str = "512MB"
    """DuckDB's memory limit, above which it spills to the scratch folder."""
    most_unpacked_bytes: int = 8 * GIB
    disk_bytes: int = 16 * GIB
    """The most that DuckDB spills."""
    seconds: float = 900.0
    """The time limit of the ingest, in a process of its own."""


@dataclass(frozen=True, kw_only=True)
class Ingested:
    """A file that has become Parquet."""

    path: str
    """The path of the Parquet file, in the scratch folder."""
    format: str
    """csv, tsv, jsonl, parquet or excel."""
    columns: list[dict[str, Any]]
    """``[{name, type, nulls}]`` in order; types are DuckDB's."""
    rows: int
    sample: list[dict[str, Any]]
    """The first rows, ready for JSON."""
    notes: list[str] = field(default_factory=list)
    """Texts for people about repairs and assumptions."""
