"""The commands of the pages for operators are run as they stand, on data of their own."""

import json
import math
import os
import re
import shlex
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from io import StringIO
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.core.management import call_command

from jobs.models import AsyncRequest, Status
from streamer_site.declared import DECLARED
from streamer_site.local.stack import PROJECT_DIR
from tests.acceptance.how_to import read_blocks, read_blocks_below
from tests.jobs.building import make_submission, store

pytestmark = pytest.mark.timeout(400)
PAGES = PROJECT_DIR / "docs/how-to"
BACKUP = PAGES / "back-up-and-restore.md"
_MANAGE = ".venv/bin/python manage.py "
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR")
_STORE = """
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.utils import timezone
from jobs.models import Artifact, AsyncRequest
from jobs.requests.cancellation import request_cancel
from jobs.requests.submission import Submission, submit_many

call_command("migrate", verbosity=0)

def submit(client_id):
    one = Submission(tenant_id="acme", user_id="alice", action="echo_async", payload={"message": "hello"},
                     queue="default", estimated_seconds=6.0, client_id=client_id)
    (outcome,) = submit_many([one])
    return outcome.request_id

done = submit("done")
request_cancel(done)
name = default_storage.save("artifacts/one.txt", ContentFile(b"abc"))
Artifact.objects.create(tenant_id="acme", user_id="alice", filename="one.txt", size_bytes=3,
                        media_type="text/plain", sha256="0", storage_name=name,
                        expires_at=timezone.now() + timezone.timedelta(days=1))
submit("waits")
AsyncRequest.objects.filter(id=submit("runs")).update(
    status="processing", attempt=1, started_at=timezone.now(), lease_until=timezone.now(), worker="gone")
"""
_STATUSES = "SELECT client_id, status FROM jobs_asyncrequest"
_BEFORE = {"done": "cancelled", "waits": "pending", "runs": "processing"}
_AFTER = dict.fromkeys(_BEFORE, "cancelled")


class Place:
    """A data folder, and a shell that has it in its environment."""

    def __init__(self, folder: Path, redis_url: str, **variables: str) -> None:
        self.database = folder / "data" / "streamer.sqlite3"
        self.file = folder / "data" / "files" / "artifacts" / "one.txt"
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        data = {"STREAMER_DATA_DIR": str(folder / "data"), "BACKUP": str(folder / "backup"), "REDIS_URL": redis_url}
        self.env = {**kept, **data, **variables, "DJANGO_SETTINGS_MODULE": "streamer_site.settings"}
        self.run(f"{_MANAGE} shell --verbosity 0 -c '{_STORE}'")

    def run(self, text: str) -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text], cwd=PROJECT_DIR, env=self.env, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"
        return done.stdout

    def follow(self, heading: str) -> None:
        for block in read_blocks_below(BACKUP, heading):
            self.run(block.text)

    def statuses(self) -> dict[str, str]:
        with closing(sqlite3.connect(self.database)) as connection:
            return dict(connection.execute(_STATUSES).fetchall())


@pytest.fixture
def database_url() -> Iterator[str]:
    """Return the URL of an empty database on the server of ``DATABASE_URL``."""
    url = urlsplit(os.environ.get("DATABASE_URL", ""))
    if not url.scheme.startswith("postgres"):
        pytest.skip("DATABASE_URL names no PostgreSQL")
    name = f"{url.path.strip('/')}_operating_{os.getpid()}"
    with psycopg.connect(f"postgresql://{url.netloc}/postgres", autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            yield f"postgresql://{url.netloc}/{name}"
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def suppress_success() -> Iterator[None]:
    """Take an exit status of 0 for the end of a command, as a shell does."""
    try:
        yield
    except SystemExit as end:
        if end.code:
            raise


def follow_here(text: str) -> list[str]:
    """Run the ``manage.py`` commands of a page in this process. Return what each printed."""
    said = []
    for line in text.splitlines():
        if (command := line.strip()).startswith(_MANAGE):
            name, *arguments = shlex.split(command.removeprefix(_MANAGE))
            output = StringIO()
            with suppress_success():
                call_command(name, *arguments, stdout=output)
            said.append(output.getvalue())
    assert said
    return said


def text_below(page: str, heading: str) -> str:
    return "".join(block.text for block in read_blocks_below(PAGES / page, heading))


def test_it_works(tmp_path: Path, redis_url: str) -> None:
    """Back up and restore on SQLite: what was lost is back, what was under way has ended, the doctor is content."""
    place = Place(tmp_path, redis_url)
    place.follow("Back up SQLite")
    place.database.unlink()
    place.file.unlink()
    place.follow("Restore SQLite")
    assert place.statuses() == _BEFORE and place.file.read_bytes() == b"abc"
    place.follow("Before anybody comes back")
    assert place.statuses() == _AFTER


def test_postgres_is_restored_too(tmp_path: Path, redis_url: str, database_url: str) -> None:
    place = Place(tmp_path, redis_url, DATABASE_URL=database_url)
    place.follow("Back up PostgreSQL")
    with psycopg.connect(database_url) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    place.follow("Restore PostgreSQL")
    with psycopg.connect(database_url) as connection:
        assert dict(connection.execute(_STATUSES).fetchall()) == _BEFORE
    place.follow("Before anybody comes back")
    with psycopg.connect(database_url) as connection:
        assert dict(connection.execute(_STATUSES).fetchall()) == _AFTER


@pytest.mark.django_db(transaction=True)
def test_old_requests_and_persons_are_deleted_as_the_page_says() -> None:
    waiting = store(make_submission(user="alice"))
    page = "keep-and-delete.md"
    assert follow_here(text_below(page, "Delete old requests now")) == ["Deleted 0 requests and 0 files\n"]
    dry, revoked, erased = follow_here(text_below(page, "Delete what is stored about a user"))
    assert "Would erase 1 request," in dry and "void" in revoked and json.loads(erased)["erased"]["requests"] == 1
    assert not AsyncRequest.objects.filter(id=waiting).exists()
    assert '"requests": 0' in follow_here(text_below(page, "Delete a tenant"))[-1]


@pytest.mark.django_db(transaction=True)
def test_what_was_under_way_is_ended_and_done_again() -> None:
    """The dry run of the page, which says how many would be done again."""
    store(make_submission("echo_async", payload={"message": "hello"}))
    with suppress_success():
        call_command("streamer_requests", "cancel", "--status", "live", stdout=StringIO())
    again = follow_here(text_below("back-up-and-restore.md", "Before anybody comes back").splitlines()[-1])
    assert "1" in again[0] and AsyncRequest.objects.filter(status=Status.CANCELLED).count() == 1


@pytest.mark.django_db(transaction=True)
def test_keys_are_made_and_tried_as_the_page_says() -> None:
    made = subprocess.run(["bash", "-c", read_blocks(PAGES / "rotate-keys.md")[0].text], capture_output=True, text=True)
    assert len(made.stdout.strip()) >= 32
    token, _ = follow_here(text_below("rotate-keys.md", "See that it holds"))
    assert token.count(".") == 2


@pytest.mark.django_db(transaction=True)
def test_the_order_of_an_upgrade_is_run() -> None:
    assert len(follow_here(_indented("upgrade.md"))) == 2


def _indented(page: str) -> str:
    """Return the blocks that are parts of a list."""
    return "".join(re.findall(r"^ +```bash\n(.*?)^ +```$", (PAGES / page).read_text(), re.DOTALL | re.MULTILINE))


def test_the_times_on_the_page_are_the_defaults() -> None:
    defaults = {one.name: one.default for one in DECLARED}
    rows = re.findall(r"^\| .+ \| (\d+) days.*? \| `(STREAMER_\w+)`", (PAGES / "keep-and-delete.md").read_text(), re.M)
    assert len(rows) >= 6
    assert [(name, defaults[name]) for _, name in rows] == [(name, int(days)) for days, name in rows]


def _figure(page: str, pattern: str) -> float:
    found = re.search(pattern, page)
    assert found, pattern
    return float(found[1])


def test_the_arithmetic_of_the_capacity_table() -> None:
    page = (PAGES / "plan-capacity.md").read_text()
    use, memory = _figure(page, r"÷ (0\.7),"), _figure(page, r"workers × ([\d.]+) MB")
    core, commits = _figure(page, r"= r × (0\.\d+)\."), _figure(page, r"r × (\d+) a second")
    wait = _figure(page, r"commits × ([\d.]+) ms")
    rows = re.findall(r"^\| ([\d.]+) \|" + r" ([\d.]+) \|" * 6 + "$", page, re.MULTILINE)
    assert len(rows) == 5
    for row in rows:
        r, s, *figures = map(float, row)
        workers, busy = math.ceil(r * s / use), math.ceil(r * commits * wait / 1000)
        assert figures == [workers, round(workers * memory), round(r * core, 2), r * commits, busy]
    assert "380 MB" in (PROJECT_DIR / "docs/explanation/performance.md").read_text() and memory == 380 / 8
