"""Commands whose reader goes away, whose output is closed or full, and whose arguments are no text."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from streamer_site.local.stack import PROJECT_DIR
from tests.streamer_site.starting.test_data_folder import run


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for command in (["migrate", "--verbosity", "0"], ["streamer_sample"]):
        done = run("manage.py", *command, STREAMER_DATA_DIR=str(folder))
        assert done.returncode == 0, done.stderr
    return folder


def in_shell(line: str, data_dir: Path, *descriptors: int) -> subprocess.CompletedProcess[str]:
    """Run a line of bash in which ``$MANAGE`` is ``manage.py``, with these open files besides the usual ones."""
    dropped = ("STREAMER_", "DATABASE_URL", "REDIS_URL")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    env = {
        **kept,
        "DJANGO_SETTINGS_MODULE": "streamer_site.settings",
        "STREAMER_DATA_DIR": str(data_dir),
        "MANAGE": f"{sys.executable} manage.py",
    }
    return subprocess.run(
        ["bash", "-c", line],
        cwd=PROJECT_DIR,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        pass_fds=descriptors,
    )


def test_it_works(data_dir: Path) -> None:
    done = in_shell("$MANAGE streamer_usage", data_dir)
    assert (done.returncode, done.stdout, done.stderr) == (0, "Nothing was used on these days\n", "")


@pytest.mark.parametrize("command", ["streamer_usage", "streamer_usage --json", "streamer_stats"])
def test_a_reader_that_has_gone_is_no_error(command: str, data_dir: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = in_shell(f"$MANAGE {command} >&{writing}", data_dir, writing)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_closed_output_takes_nothing(closed: str, data_dir: Path) -> None:
    done = in_shell(f"$MANAGE streamer_usage {closed}", data_dir)
    assert done.returncode == 0 and "Traceback" not in done.stderr


def test_a_full_output_is_one_line(data_dir: Path) -> None:
    done = in_shell("$MANAGE streamer_usage >/dev/full", data_dir)
    assert done.returncode == 2 and done.stderr.startswith("The output cannot be written: no space is left")
    assert len(done.stderr.splitlines()) == 2


@pytest.mark.parametrize("command", ["streamer_erase --user", "streamer_pause", "streamer_dataset list --tenant"])
def test_an_argument_that_is_no_text_is_one_line(command: str, data_dir: Path) -> None:
    done = in_shell(f"$MANAGE {command} $'a\\xff'", data_dir)
    assert done.returncode == 2 and done.stderr.startswith("The argument 'a\\udcff' is no text in UTF-8.")
    assert len(done.stderr.splitlines()) == 2


@pytest.mark.parametrize(
    "command",
    [
        "streamer_requests list --since 999999d",
        "streamer_requests list --longer 999999d",
        f"streamer_requests list --limit {10**30}",
        "streamer_prune --days nan",
        "streamer_prune --days inf",
        "streamer_drain --wait nan",
        "streamer_workers drain --here --wait inf",
        "streamer_erase --user alice --wait nan",
        f"streamer_worker --processes {10**9}",
    ],
)
def test_a_number_beyond_all_reason_is_refused(command: str, data_dir: Path) -> None:
    done = in_shell(f"$MANAGE {command}", data_dir)
    assert done.returncode in (1, 2) and done.stderr and "Traceback" not in done.stderr
