"""Fixtures that the tests of all handlers share."""

from pathlib import Path

import pytest

from tests.jobs.handlers.recording_context import RecordingContext, new_context


@pytest.fixture
def context(tmp_path: Path) -> RecordingContext:
    return new_context(tmp_path)
