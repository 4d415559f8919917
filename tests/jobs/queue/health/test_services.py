"""The services that Streamer needs, and the lines about those that are missing."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError, connection
from pytest_django import Settings

from jobs.queue.health import services
from jobs.queue.health.services import Missing, find_missing, missing_tables, wait_for_services

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "hunter2"


@pytest.fixture
def database_away(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        text = f'connection to server at "db", port 1 failed: Connection refused\n\tIs {SECRET} running there?'
        raise OperationalError(text)

    there = {"ENGINE": "django.db.backends.postgresql", "HOST": "db.example.org", "PORT": 5433, "PASSWORD": SECRET}
    away = SimpleNamespace(cursor=fail, close=lambda: None)
    monkeypatch.setattr(services, "connections", {"default": away})
    monkeypatch.setattr(services, "settings", SimpleNamespace(**{**vars_of(settings), "DATABASES": {"default": there}}))


def vars_of(settings: Settings) -> dict[str, Any]:
    return {"REDIS_URL": settings.REDIS_URL, "STREAMER_SCRATCH_DIR": settings.STREAMER_SCRATCH_DIR}


def test_it_works() -> None:
    assert find_missing() == []


def test_a_redis_that_is_away(settings: Settings) -> None:
    settings.REDIS_URL = f"redis://user:{SECRET}@127.0.0.1:1/3"
    (missing,) = find_missing()
    assert missing.line == (
        "Redis does not answer at 127.0.0.1:1 (REDIS_URL): Connection refused. "
        "Requests are kept, and run later. Streamer waits, and tries again every 1 s."
    )


@pytest.mark.usefixtures("database_away")
def test_a_database_that_is_away() -> None:
    (missing,) = find_missing()
    assert missing.name == "database" and SECRET not in missing.line
    text = "The database does not answer at db.example.org:5433 (DATABASE_URL): Connection refused. "
    assert missing.line.startswith(text)


@pytest.fixture
def last_migration(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Take the last migration of jobs for one that is not applied."""
    monkeypatch.setattr(services, "_are_tables_there", False)
    with connection.cursor() as cursor:
        cursor.execute("SELECT MAX(name) FROM django_migrations WHERE app = 'jobs'")
        (name,) = cursor.fetchone()
        cursor.execute("UPDATE django_migrations SET app = 'jobs-' WHERE app = 'jobs' AND name = %s", [name])
    yield name
    with connection.cursor() as cursor:
        cursor.execute("UPDATE django_migrations SET app = 'jobs' WHERE app = 'jobs-'", [])


def test_a_database_without_its_tables(last_migration: str) -> None:
    missing = missing_tables()
    assert missing and missing.problem.endswith(f": 1 migration is not applied, the first jobs.{last_migration}")
    assert "manage.py migrate" in missing.line
    assert [one.name for one in find_missing()] == ["migrations"] and find_missing(with_tables=False) == []


@pytest.mark.parametrize("folder", ["/dev/null/scratch", "/dev/full"])
def test_a_folder_that_cannot_be_written(folder: str, settings: Settings) -> None:
    settings.STREAMER_SCRATCH_DIR = Path(folder)
    (missing,) = find_missing()
    assert missing.name == "folder" and missing.problem.startswith(f"The folder {folder} cannot be written: ")


def test_each_is_told_once_and_then_its_return(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(services, "time", SimpleNamespace(sleep=slept.append))
    redis, database = (Missing(name=name, problem=name, advice="Wait.") for name in ("redis", "database"))
    looks = iter([[redis], [redis], [redis, database], [database], []])
    told: list[str] = []
    wait_for_services(told.append, lambda: next(looks))
    assert told == [redis.line, database.line, "Redis answers again.", "The database answers again."]
    assert slept == [services.RETRY_SECONDS] * 4


def test_a_pooler_that_refuses_the_options_is_told_with_its_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OperationalError("connection failed: FATAL:  unsupported startup parameter: options")

    pooled = SimpleNamespace(cursor=refuse, close=lambda: None)
    monkeypatch.setattr(services, "connections", {"default": pooled})
    assert [one.advice for one in find_missing(with_tables=False) if one.name == "database"] == [
        "A pooler stands before it: set STREAMER_DATABASE_POOLER=transaction."
    ]
