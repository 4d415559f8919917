"""A small source, and reports over it in one call."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from jobs.handlers.generate_report import GenerateReport
from tests.jobs.handlers.recording_context import RecordingContext
from tests.jobs.handlers.report_tables import ROWS, definition, write_parquet

RunReport = Callable[..., dict[str, Any]]


@pytest.fixture
def drinks(tmp_path: Path, settings: Settings) -> Path:
    """The source ``drinks``, which holds ``ROWS``."""
    path = write_parquet(tmp_path / "drinks.parquet", ROWS)
    settings.STREAMER_SOURCES = {**settings.STREAMER_SOURCES, "drinks": definition(path)}
    return path


@pytest.fixture
def run_report(context: RecordingContext) -> RunReport:
    """Parse a payload, run the report, return its result. Without more, it is 2024 of ``drinks`` as CSV."""

    def run(**payload: Any) -> dict[str, Any]:
        handler = GenerateReport()
        base = {"start_date": "2024-01-01", "end_date": "2024-12-31", "source": "drinks", "format": "csv"}
        return handler.run(handler.parse({**base, **payload}), context)

    return run
