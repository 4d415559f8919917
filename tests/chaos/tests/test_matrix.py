"""The short matrix, by its command, as a person runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from streamer_site.local.stack import PROJECT_DIR
from tests.chaos.cells import short_cells

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(300)]


def chaos(*arguments: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "STREAMER_"))}
    command = [sys.executable, "manage.py", "streamer_chaos", *arguments]
    return subprocess.run(command, cwd=PROJECT_DIR, env=env, capture_output=True, text=True, timeout=280)


def test_it_works(tmp_path: Path) -> None:
    done = chaos("--short", "--json", str(tmp_path / "results.json"))
    assert done.returncode == 0, done.stdout + done.stderr
    results = json.loads((tmp_path / "results.json").read_text())
    assert [one["cell"] for one in results["cells"]] == [cell.name for cell in short_cells()]
    assert all(one["good"] and one["requests"] == 16 for one in results["cells"])
    assert "lost 0, doubled 0, disordered 0" in results["summary"]


def test_a_pattern_that_fits_nothing() -> None:
    done = chaos("--cells", "no such cell")
    assert done.returncode == 1 and "--list prints their names" in done.stderr
