"""The injection: in a real process it closes a trap once, at the point and nowhere else."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from streamer_site.local.stack import PROJECT_DIR
from tests.chaos.cells import AFTER_CANCEL, BEFORE_SUBMIT, DURING_REPLAY, Point
from tests.chaos.ground import _INJECT
from tests.chaos.triggers import ChaosFailed, Traps

SUBMIT = """
import django; django.setup()
from django.core.management import call_command
from jobs.requests.writer import submit_many
from jobs.models import AsyncRequest
from jobs.requests.submission import Submission
call_command("migrate", verbosity=0)
submit_many([Submission(tenant_id="t", user_id="u", action="a", queue="default", payload={}, estimated_seconds=1,
                        client_id="mine")])
print(AsyncRequest.objects.count())
"""


@pytest.fixture
def traps(tmp_path: Path) -> Traps:
    return Traps(tmp_path / "traps")


def run(code: str, traps: Traps, tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a process, whose ``arguments`` decide its role."""
    env = {
        "PYTHONPATH": f"{_INJECT}:{PROJECT_DIR}",
        "STREAMER_CHAOS_DIR": str(traps.folder),
        "STREAMER_DATA_DIR": str(tmp_path / "data"),
        "DJANGO_SETTINGS_MODULE": "streamer_site.settings",
        "LOG_LEVEL": "ERROR",
    }
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, env=env, cwd=PROJECT_DIR, capture_output=True, text=True, timeout=60)


def test_it_works(traps: Traps, tmp_path: Path) -> None:
    """Killed after the INSERT and before the COMMIT: nothing is stored. The second one passes, and stores its own."""
    traps.set(BEFORE_SUBMIT, "kill-self")
    killed = run(SUBMIT, traps, tmp_path, "daphne")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    hit = asyncio.run(traps.wait_for(BEFORE_SUBMIT, 0))
    assert hit is not None and "mine" in hit.requests
    assert run(SUBMIT, traps, tmp_path, "daphne").stdout == "1\n"


def test_after_the_commit_it_is_stored(traps: Traps, tmp_path: Path) -> None:
    traps.set(Point(name="after-submit-commit", role="web"), "kill-self")
    assert run(SUBMIT, traps, tmp_path, "daphne").returncode == -signal.SIGKILL
    assert run(SUBMIT.replace("mine", "other"), traps, tmp_path, "daphne").stdout == "2\n"


def test_another_role_passes_by(traps: Traps, tmp_path: Path) -> None:
    traps.set(BEFORE_SUBMIT, "kill-self")
    assert run(SUBMIT, traps, tmp_path, "streamer_sweep").stdout == "1\n"
    assert asyncio.run(traps.wait_for(BEFORE_SUBMIT, 0)) is None


def test_one_that_holds_goes_on_when_it_is_let_go(traps: Traps, tmp_path: Path) -> None:
    traps.set(BEFORE_SUBMIT, "hold")
    traps.release(BEFORE_SUBMIT)
    assert run(SUBMIT, traps, tmp_path, "daphne").stdout == "1\n"


def test_every_function_that_makes_a_point_is_there(traps: Traps, tmp_path: Path) -> None:
    code = """
import django; django.setup()
import importlib, sitecustomize
for name in sitecustomize._WRAPPERS:
    importlib.import_module(name)
"""
    done = run(code, traps, tmp_path)
    assert done.returncode == 0, done.stderr
    traps.clear()


def test_a_missing_function_ends_the_matrix(traps: Traps) -> None:
    (traps.folder / "missing").write_text("jobs.log.events.append")
    with pytest.raises(ChaosFailed, match=r"no jobs\.log\.events\.append"):
        traps.clear()


def test_traps_are_forgotten(traps: Traps) -> None:
    traps.set(DURING_REPLAY, "kill-self")
    traps.set(AFTER_CANCEL, "kill-self")
    traps.clear()
    assert not list(traps.folder.iterdir())
