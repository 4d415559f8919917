"""Registered sources, opened for a test as a run opens them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from jobs.data.sources.reader import SourceReader
from jobs.data.sources.registered import RegisteredSource

FIRST, LAST = date(2024, 1, 1), date(2024, 12, 31)
EVENTS: dict[str, Any] = {
    "label": "Requests",
    "database": "default",
    "date": "created_at",
    "value": "estimated_seconds",
    "category": "action",
    "region": "tenant_id",
}


def no_check() -> None:
    """A run that nobody cancels."""


def source_of(entry: dict[str, Any]) -> RegisteredSource:
    return RegisteredSource.model_validate({**entry, "name": "drinks"})


@contextmanager
def opened(entry: dict[str, Any], folder: Path) -> Iterator[SourceReader]:
    folder.mkdir(exist_ok=True)
    with source_of(entry).open(folder, no_check) as reader:
        assert isinstance(reader, SourceReader)
        yield reader


def read_all(entry: dict[str, Any], folder: Path, first: date = FIRST, last: date = LAST) -> list[dict[str, Any]]:
    with opened(entry, folder) as reader:
        for table in reader.open_tables(first, last):
            assert [0, *reader.load(table)][-1] == table.total
        names = list(reader.columns())
        return [dict(zip(names, row, strict=True)) for row in reader.fetch(reader.records_query)]
