"""The doctor looks at a storage and a scratch folder of each test's own."""

from pathlib import Path

import pytest
from pytest_django import Settings


@pytest.fixture
def own_scratch(settings: Settings, tmp_path: Path) -> Path:
    settings.STREAMER_SCRATCH_DIR = tmp_path / "scratch"
    settings.STREAMER_SCRATCH_DIR.mkdir()
    return settings.STREAMER_SCRATCH_DIR
