"""A site whose users are a model of its own, named by their e-mail address."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.timeout(180)
ALICE = "alice@example.org"


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Any:
    """Run ``tests/people/visit.py`` on a folder of its own, and return its output."""
    ours = ("STREAMER_", "PYTEST_", "DATABASE_URL")
    env = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    env |= {
        "DJANGO_SETTINGS_MODULE": "tests.people.settings",
        "STREAMER_DATA_DIR": str(tmp_path_factory.mktemp("people")),
        "REDIS_URL": redis_url,
    }
    command = [sys.executable, "-m", "tests.people.visit"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_it_works(visit: Any) -> None:
    assert visit["statuses"] == dict.fromkeys(visit["pages"], 200)
    assert "No changes detected" in visit["missing"] and "people" not in visit["faults"]


def test_a_token_names_the_user_by_the_address(visit: Any) -> None:
    assert visit["alone"] == {"user": ALICE, "tenant": f"user:{ALICE}", "permissions": []}
    assert visit["member"] == {"user": ALICE, "tenant": "acme", "permissions": ["a.b"]}
    assert visit["renewed"] == visit["member"]
    assert visit["wrong"] == 401 and visit["actions"] == 200


def test_the_local_admin_has_an_address_too(visit: Any) -> None:
    assert visit["admin"] == "admin@localhost" and visit["admin"] in visit["pages"]["first"]


def test_a_membership_is_given_on_a_page_of_its_own(visit: Any) -> None:
    pages = visit["pages"]
    assert "was added successfully" in pages["added"]
    assert ALICE in pages["list"] and "1 membership" in pages["list"]
    assert ALICE in pages["change"] and "a.b" in pages["change"]


def test_the_user_is_searched_for_where_the_project_has_a_page_of_users(visit: Any) -> None:
    assert "admin-autocomplete" in visit["pages"]["add"]
    assert "admin-autocomplete" not in visit["pages"]["add without a page of users"]
