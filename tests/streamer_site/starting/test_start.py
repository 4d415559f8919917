"""Wrong settings as the operator of each entry point meets them: every test runs a real process."""

from pathlib import Path

import pytest

from tests.streamer_site.starting.test_data_folder import run

WRONG = {
    "DEBUG": "maybe",
    "STREAMER_LEASE_SECONDS": "abc",
    "STREAMER_SOURCES": "{bad",
    "DATABASE_URL": "mysql://user:hunter2@host/name",
}
OUTSIDER = "[pytest]\nDJANGO_SETTINGS_MODULE = streamer_site.settings\n"


@pytest.mark.parametrize(
    "command",
    [
        ["manage.py", "check"],
        ["manage.py", "streamer_worker"],
        ["manage.py", "streamer_up"],
        ["manage.py", "streamer_demo"],
        ["-m", "daphne", "streamer_site.asgi:application"],
        ["-m", "uvicorn", "streamer_site.asgi:application"],
    ],
    ids=" ".join,
)
def test_it_works(command: list[str], tmp_path: Path) -> None:
    done = run(*command, STREAMER_DATA_DIR=str(tmp_path), STREAMER_QUEUE="x", **WRONG)
    assert done.returncode == 2 and done.stdout == ""
    lines = done.stderr.splitlines()
    assert sorted(line.partition(" ")[0] for line in lines[:-1]) == sorted(WRONG)
    assert "hunter2" not in done.stderr and "Traceback" not in done.stderr


def test_the_tests_of_a_project_of_others_end_like_that_too(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text(OUTSIDER)
    (tmp_path / "test_one.py").write_text("def test_one():\n    pass\n")
    arguments = ("-m", "pytest", "-p", "no:cacheprovider", "-c", str(tmp_path / "pytest.ini"), str(tmp_path))
    done = run(*arguments, STREAMER_DATA_DIR=str(tmp_path / "data"), **WRONG)
    assert done.returncode == 2 and "Traceback" not in done.stdout + done.stderr
    assert 'DEBUG is "maybe". Expected: true or false.' in done.stdout + done.stderr


def test_an_unknown_app_is_one_line(tmp_path: Path) -> None:
    done = run("manage.py", "migrate", STREAMER_DATA_DIR=str(tmp_path), STREAMER_APPS="no_such_app")
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 2
    assert "No module named 'no_such_app'" in done.stderr and "STREAMER_APPS" in done.stderr


def test_options_that_do_not_fit_the_storage_are_one_line(tmp_path: Path) -> None:
    options = '{"locatoin": "/srv/files"}'
    done = run("manage.py", "migrate", STREAMER_DATA_DIR=str(tmp_path), STREAMER_STORAGE_OPTIONS=options)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 2
    assert done.stderr.startswith("STREAMER_STORAGE_OPTIONS does not fit") and "locatoin" in done.stderr


def test_a_folder_that_cannot_be_written_is_one_line() -> None:
    done = run("manage.py", "migrate", STREAMER_DATA_DIR="/dev/null/streamer")
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 2
    assert done.stderr.startswith('STREAMER_DATA_DIR is "/dev/null/streamer", which cannot be used: Not a directory.')


def test_the_folder_that_cannot_be_written_is_named_by_its_own_setting(tmp_path: Path) -> None:
    done = run("manage.py", "migrate", STREAMER_DATA_DIR=str(tmp_path), STREAMER_STATIC_DIR="/dev/null/static")
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 2
    assert done.stderr.startswith('STREAMER_STATIC_DIR is "/dev/null/static", which cannot be used: Not a directory.')


def test_a_misspelt_name_is_told_once_by_all_processes(tmp_path: Path) -> None:
    start = "import subprocess, sys, django; django.setup(); subprocess.run([sys.executable, 'manage.py', 'help'])"
    done = run("-c", start, STREAMER_DATA_DIR=str(tmp_path), STREAMER_QUEUE="x")
    assert done.returncode == 0
    assert done.stderr.count("STREAMER_QUEUE is set") == 1 and "Did you mean STREAMER_QUEUES?" in done.stderr
