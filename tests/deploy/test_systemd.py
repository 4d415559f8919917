"""``deploy/systemd``: systemd takes each unit, and what they start is what the Procfile starts."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from streamer_site.declared import DECLARED
from streamer_site.local.stack import PROJECT_DIR

FOLDER = PROJECT_DIR / "deploy" / "systemd"
UNITS = sorted(path.name for path in FOLDER.iterdir() if path.suffix in (".service", ".target"))
PYTHON = "/srv/streamer/.venv/bin/python"
MOST_EXPOSURE = 2.5

pytestmark = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")


def value(unit: str, name: str) -> str:
    (found,) = re.findall(rf"^{name}=(.+)$", (FOLDER / unit).read_text(), re.MULTILINE)
    return str(found)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Write the units for the Python and the user of this machine, and an instance of the template."""
    for unit in UNITS:
        text = (FOLDER / unit).read_text().replace(PYTHON, sys.executable)
        text = text.replace("User=streamer", "User=daemon").replace("Group=streamer", "Group=daemon")
        text = text.replace("WorkingDirectory=/srv/streamer", f"WorkingDirectory={PROJECT_DIR}")
        for port in ("8001", "8002") if "@" in unit else ("",):
            (tmp_path / unit.replace("@", f"@{port}")).write_text(text)
    return tmp_path


def test_it_works(here: Path) -> None:
    files = [f"./{path.name}" for path in sorted(here.iterdir())]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *files], cwd=here, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.strip()) == (0, "")


def test_the_target_starts_all_of_them() -> None:
    wanted = value("streamer.target", "Wants").split()
    services = {unit for unit in UNITS if unit.endswith(".service")} - {"streamer-migrate.service"}
    assert {re.sub(r"@\d+", "@", unit) for unit in wanted} == services


@pytest.mark.parametrize(
    ("unit", "line"),
    [("streamer-web@.service", "web"), ("streamer-worker.service", "worker"), ("streamer-sweeper.service", "sweeper")],
)
def test_they_start_what_the_procfile_starts(unit: str, line: str) -> None:
    (command,) = re.findall(rf"^{line}: (.+)$", (PROJECT_DIR / "Procfile").read_text(), re.MULTILINE)
    command = command.replace("-b 0.0.0.0 -p ${PORT:-8000}", "-b 127.0.0.1 -p %i").replace(
        "${WORKERS:-2}", "${WORKERS}"
    )
    assert value(unit, "ExecStart") == command.replace("python", PYTHON, 1)


@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit.endswith(".service")])
def test_little_of_the_host_is_exposed(here: Path, unit: str) -> None:
    name = unit.replace("@", "@8001")
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", f"./{name}"],
        cwd=here,
        capture_output=True,
        text=True,
        check=False,
    )
    (level,) = re.findall(r"Overall exposure level for .*: ([0-9.]+)", done.stdout)
    assert float(level) <= MOST_EXPOSURE, done.stdout


def test_the_settings_are_streamers_and_hold_no_secret() -> None:
    given = dict(re.findall(r"^([A-Z][A-Z0-9_]*)=(.*)$", (FOLDER / "streamer.env.example").read_text(), re.MULTILINE))
    assert set(given) - {"WORKERS"} <= {one.name for one in DECLARED}
    assert given["SECRET_KEY"] == given["JWT_SIGNING_KEY"] == ""


def test_workers_have_longer_to_stop_than_streamer_takes() -> None:
    grace = next(one.default for one in DECLARED if one.name == "STREAMER_STOP_GRACE_SECONDS")
    assert int(value("streamer-worker.service", "TimeoutStopSec")) > grace + 5
