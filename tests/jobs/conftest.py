"""The fixtures of these tests, which also remove a pause after a dead Redis and a shared "stop"."""

import mmap
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
import redis
from django.utils import timezone
from pytest_django import Settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from jobs.execution import reporter, watchdog
from jobs.execution.reporter import Reporter
from jobs.log import publishing
from jobs.queue import presence, wakeups
from jobs.queue.control import overrides
from tests.jobs.building import Started, claim, submit


@pytest.fixture(autouse=True)
def fresh_process_state(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    publishing.breaker.close()
    wakeups.breaker.close()
    monkeypatch.setattr(presence, "_served_until", 0.0)
    monkeypatch.setattr(overrides, "_read_until", 0.0)
    # Read once and after each change: no statement more or less where statements are counted on a busy machine.
    monkeypatch.setattr(overrides, "READ_SECONDS", 3600.0)
    monkeypatch.setattr(watchdog, "_before_end", [])
    with mmap.mmap(-1, 32) as memory:
        monkeypatch.setattr(watchdog, "_shared", memory)
        yield


@pytest.fixture
def quick_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beat twenty times a second, so that a test of a grace need not last for seconds."""
    monkeypatch.setattr(reporter, "BEAT_SECONDS", 0.05)


@pytest.fixture
def no_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no beat come, which also writes what waits for a flush."""
    monkeypatch.setattr(reporter, "BEAT_SECONDS", 3600.0)


@pytest.fixture
def steady_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have each look at the time be a millisecond after the one before, however long the test takes."""
    began_at, looks = timezone.now(), count(1)
    monkeypatch.setattr(timezone, "now", lambda: began_at + timedelta(milliseconds=next(looks)))


@pytest.fixture
def own_storage(settings: Settings, tmp_path: Path) -> Path:
    """Store this test's files in a folder of its own, empty at its start."""
    folder = tmp_path / "files"
    backend = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(folder)}}
    settings.STORAGES = {**settings.STORAGES, "default": backend}
    return folder


@pytest.fixture
def redis_away(monkeypatch: pytest.MonkeyPatch, closed_port: int) -> Callable[[], redis.Redis]:
    """Have rings go to a server that is not there."""
    client = redis.Redis(port=closed_port, socket_connect_timeout=1, retry=Retry(NoBackoff(), 1))
    monkeypatch.setattr(wakeups, "connection", lambda: client)
    return lambda: client


@pytest.fixture
def started() -> Iterator[Started]:
    """Start a claimed request and its reporter."""
    submit()
    claimed = claim()
    working = Reporter(claimed)
    working.start()
    yield claimed, working
    working.close()
