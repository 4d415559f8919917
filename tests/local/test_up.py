"""``manage.py streamer_up`` as a person meets it: started, interrupted, killed, started twice."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from streamer_site.local.stack import PROJECT_DIR
from tests.local.ports import a_free_port
from tests.local.waiting import children_of, eventually, is_alive

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
COMMAND = [sys.executable, "manage.py", "streamer_up", "--workers", "1"]


@pytest.fixture(autouse=True)
def one_sample_for_all(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREAMER_SAMPLE_DIR", str(tmp_path_factory.getbasetemp() / "sample"))


def environment(folder: Path) -> dict[str, str]:
    ours = {"STREAMER_DATA_DIR": str(folder), "STREAMER_PRELOAD": "false"}
    return {**os.environ, **ours, "DJANGO_SETTINGS_MODULE": "streamer_site.settings"}


@contextmanager
def up(folder: Path, port: int) -> Iterator[tuple[subprocess.Popen[str], IO[str]]]:
    """Run the command, and collect its output."""
    command = [*COMMAND, "--port", str(port)]
    with subprocess.Popen(
        command,
        cwd=PROJECT_DIR,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # a terminal of its own, so to speak: Ctrl-C goes to this group
    ) as process:
        assert process.stdout
        try:
            yield process, process.stdout
        finally:
            process.kill()


def read_until(output: IO[str], text: str) -> str:
    """Read its output up to the line that has ``text``."""
    read = ""
    for line in output:
        read += line
        if text in line:
            return read
    raise AssertionError(f"it ended without saying '{text}':\n{read}")


def get(url: str) -> int:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=20) as response:
        return int(response.status)


def post(url: str, **body: str) -> int:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20) as response:
            return int(response.status)
    except urllib.error.HTTPError as refusal:
        return refusal.code


def another_link(folder: Path) -> str:
    command = [sys.executable, "manage.py", "streamer_sign_in_link", "--user", "admin"]
    return subprocess.run(
        command, cwd=PROJECT_DIR, env=environment(folder), capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM], ids=lambda signum: signum.name)
def test_it_works_until_it_is_interrupted(tmp_path: Path, signum: int) -> None:
    port = a_free_port()
    with up(tmp_path, port) as (process, output):
        said = read_until(output, "of user admin")
        link = re.search(rf"Console  (http://127.0.0.1:{port}/#sign-in=(\S+))\n", said)
        assert link and "signs you in as admin, once, within 5 min" in said
        assert [post(f"http://127.0.0.1:{port}/api/token/link/", code=link[2]) for _ in range(2)] == [200, 401]
        assert not [path for path in (tmp_path / "logs").iterdir() if link[2] in path.read_text()]
        assert re.fullmatch(rf"http://127.0.0.1:{port}/#sign-in=\S+\n", another_link(tmp_path))
        password = re.search(r"user admin, password (\S+)", said)
        assert password and password[1] == (tmp_path / "admin-password").read_text()
        assert output.readline().count(".") == 2
        assert get(f"http://127.0.0.1:{port}/readyz") == 200
        pids = children_of(process.pid)
        assert len(pids) == 5  # the keeper, Valkey, web, worker, sweeper
        os.killpg(process.pid, signum)
        read_until(output, "Stopped.")
        assert process.wait(30) == 0
    assert not any(is_alive(pid) for pid in pids)


def test_nothing_outlives_a_killed_one_and_the_next_starts_on_what_is_stored(tmp_path: Path) -> None:
    with up(tmp_path, a_free_port()) as (process, output):
        password = read_until(output, "Admin").split()[-1]
        read_until(output, "of user admin")
        pids = children_of(process.pid)
        assert len(pids) == 5
        process.kill()
        process.wait()
        eventually(lambda: not any(is_alive(pid) for pid in pids), "every process has ended")
    with up(tmp_path, a_free_port()) as (process, output):
        assert password in read_until(output, "of user admin")
        process.terminate()
        read_until(output, "Stopped.")


def test_a_second_one_in_the_folder_is_told_and_one_elsewhere_takes_the_next_port(tmp_path: Path) -> None:
    port = a_free_port()
    with up(tmp_path / "one", port) as (first, output):
        read_until(output, "of user admin")
        refused = subprocess.run(
            COMMAND, cwd=PROJECT_DIR, env=environment(tmp_path / "one"), capture_output=True, text=True, timeout=60
        )
        assert refused.returncode == 1
        assert (
            f"already running on {tmp_path / 'one'} (process {first.pid}, at http://127.0.0.1:{port})" in refused.stderr
        )
        assert "Traceback" not in refused.stderr
        with up(tmp_path / "two", port) as (second, its_output):
            said = read_until(its_output, "of user admin")
            assert f"Port {port} is taken" in said
            assert f"Console  http://127.0.0.1:{port + 1}/#sign-in=" in said
            second.terminate()
            read_until(its_output, "Stopped.")
        assert get(f"http://127.0.0.1:{port}/readyz") == 200
        first.terminate()
        read_until(output, "Stopped.")


def test_nonsense_is_refused(tmp_path: Path) -> None:
    command = [*COMMAND, "--port", "70000"]
    done = subprocess.run(command, cwd=PROJECT_DIR, env=environment(tmp_path), capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == "CommandError: --port must be from 1 to 65535, and --workers at least 1\n"
