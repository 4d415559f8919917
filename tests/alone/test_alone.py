"""A project that installs jobs without realtime: it starts, submits, runs and administers requests."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = ["check", "makemigrations --check --dry-run", "streamer_sweep --once", "streamer_doctor --json"]
pytestmark = pytest.mark.timeout(180)


class Project:
    """The project of ``tests/alone/settings.py`` with data of its own. Each command is a process."""

    def __init__(self, folder: Path, redis_url: str) -> None:
        self._env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("STREAMER_")},
            "DJANGO_SETTINGS_MODULE": "tests.alone.settings",
            "ALONE_DIR": str(folder),
            "ALONE_REDIS_URL": redis_url,
        }

    def run(self, *arguments: str) -> str:
        """Run ``python -m …`` and return its output. A status other than 0 fails with that output."""
        command = [sys.executable, "-m", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self._env, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[Project]:
    """Make the project. Its Redis is a numbered database that no other test empties."""
    numbered = redis_url.removesuffix("/0") + "/5"
    with redis.Redis.from_url(numbered) as server:
        server.flushdb()
        project = Project(tmp_path_factory.mktemp("alone"), numbered)
        project.run("django", "migrate", "--verbosity", "0")
        yield project
        server.flushdb()


@pytest.fixture(scope="module")
def request_ids(project: Project) -> list[str]:
    """Submit two requests that a worker runs, and one that still waits."""
    ids: list[str] = json.loads(project.run("tests.alone.submit"))
    project.run("django", "streamer_worker", "default", "--burst")
    return ids


@pytest.fixture(scope="module")
def visit(project: Project, request_ids: list[str]) -> Any:
    _, with_file, waiting = request_ids
    return json.loads(project.run("tests.alone.visit", with_file, waiting))


@pytest.fixture(scope="module")
def said(project: Project, visit: Any) -> Any:
    """Map command → its output after all that."""
    return json.loads(project.run("tests.alone.commands", *COMMANDS))


def test_it_works(request_ids: list[str], visit: Any) -> None:
    assert {name: page["status"] for name, page in visit["pages"].items()} == dict.fromkeys(visit["pages"], 200)
    assert [visit["statuses"][request_id] for request_id in request_ids] == ["completed", "completed", "cancelled"]
    assert visit["imported"] == []


def test_it_is_sound_and_its_migrations_are_complete(said: dict[str, str]) -> None:
    assert "no issues" in said["check"]
    assert "No changes detected" in said["makemigrations --check --dry-run"]


def test_jobs_of_the_projects_own_are_left_or_run_as_they_are(visit: Any) -> None:
    assert visit["queues"]["mail"] == 1  # no worker of Streamer serves it
    assert visit["queues"]["default"] == 0 and visit["noted"] == ["own"]
    (failure,) = visit["queues"]["failed"]  # Streamer unpickles no jobs of others, and RQ keeps the reason
    assert "DeserializationError" in failure


def test_the_page_of_a_request_shows_its_events_and_files(request_ids: list[str], visit: Any) -> None:
    page = visit["pages"]["request"]["text"]
    assert request_ids[1] in page and "Read the message" in page and "jobs/admin/pieces.css" in page
    assert "result.json" in page and "no download here" in page
    assert ">00000000<" in page and "/admin/realtime/" not in page


def test_the_admin_keeps_its_own_name(visit: Any) -> None:
    page = visit["pages"]["first page"]["text"]
    assert "Django administration" in page and "Streamer" not in page


def test_the_sweeper_has_no_rule_for_connections(said: dict[str, str]) -> None:
    rules = said["streamer_sweep --once"]
    assert "lost attempts" in rules and "connections" not in rules


def test_the_doctor_finds_it_healthy(said: dict[str, str]) -> None:
    report = json.loads(said["streamer_doctor --json"])
    assert report["healthy"] and "silent-connections" not in {check["name"] for check in report["checks"]}
    without_sweeper = ["overdue-leases", "overdue-endings", "overdue-expiries"]
    assert [check["name"] for check in report["checks"] if check["not_examined"]] == without_sweeper
