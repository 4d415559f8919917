"""What is asked of an ingest, and what comes of it. Light to import; both travel as JSON between two processes."""

from dataclasses import dataclass, field
from typing import Any

GIB = 1024**3


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the uploader may say of a file, and how much the ingest may take."""

    sheet: str | None = None
    """Of a workbook: the name of the sheet; None: the first one that shows."""
    header: bool | None = None
    """Whether the first line of a text file names the columns; None: look."""
    memory: str = "512MB"
    """DuckDB's limit; more spills to the scratch folder."""
    most_unpacked_bytes: int = 8 * GIB


@dataclass(frozen=True, kw_only=True)
class Ingested:
    """A file that has become Parquet."""

    path: str
    """Of the Parquet file, in the scratch folder."""
    format: str
    """csv, tsv, jsonl, parquet or excel."""
    columns: list[dict[str, Any]]
    """``[{name, type, nulls}]`` in order; types are DuckDB's."""
    rows: int
    sample: list[dict[str, Any]]
    """The first rows, ready for JSON."""
    notes: list[str] = field(default_factory=list)
    """What was mended or assumed, for people."""
