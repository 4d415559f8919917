"""A small source, and reports over it in one call."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from jobs.handlers.generate_report import GenerateReport
from jobs.testing import ContextOptions, HandlerRun, StopAfter, run_handler
from tests.jobs.handlers.report_tables import ROWS, definition, write_parquet

RunReport = Callable[..., HandlerRun]


@pytest.fixture
def drinks(tmp_path: Path, settings: Settings) -> Path:
    """The source ``drinks``, which holds ``ROWS``."""
    path = write_parquet(tmp_path / "drinks.parquet", ROWS)
    settings.STREAMER_SOURCES = {**settings.STREAMER_SOURCES, "drinks": definition(path)}
    return path


@pytest.fixture
def run_report() -> RunReport:
    """Run the report of a payload. Without more, it is 2024 of ``drinks`` as CSV. Its errors are raised."""

    def run(*, cancel_after: StopAfter | None = None, **payload: Any) -> HandlerRun:
        base = {"start_date": "2024-01-01", "end_date": "2024-12-31", "source": "drinks", "format": "csv"}
        options: ContextOptions = {} if cancel_after is None else {"cancel_after": cancel_after}
        return run_handler(GenerateReport, {**base, **payload}, raise_errors=True, **options)

    return run
