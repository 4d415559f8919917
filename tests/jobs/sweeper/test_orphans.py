"""Files of nobody in local files; those in S3 are in ``storage/test_s3.py``."""

import os
import time
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage
from django.utils import timezone
from pytest_django import Settings

from jobs.files.storage import stored_after
from jobs.sweeper import orphans
from jobs.sweeper.orphans import OrphanSweep, all_orphans
from tests.jobs.building import claim, run_next, stored_files, submit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_storage")]
HOUR = 3600


def save(name: str, age_seconds: float = 2 * HOUR) -> str:
    stored = default_storage.save(f"artifacts/{name}", ContentFile(b"x"))
    os.utime(Path(default_storage.path(stored)), (time.time() - age_seconds,) * 2)
    return str(stored)


@pytest.fixture
def sweep(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> OrphanSweep:
    settings.STREAMER_ORPHAN_SWEEP_SECONDS = 0
    monkeypatch.setattr(orphans, "PAGE", 2)
    return OrphanSweep()


def test_it_works(sweep: OrphanSweep) -> None:
    submit("zoo_file")
    run_next()
    running = submit()
    claim()
    for name in ("a/1/x/old.txt", "b/1/x/old.txt", "b/2/old.txt", f"{running}/1/x/early.txt"):
        save(name)
    save("c/1/x/fresh.txt", age_seconds=60)
    assert len(list(all_orphans())) == 3
    assert sum(sweep(timezone.now()) for _ in range(8)) == 3
    assert sorted(stored_files()) == ["early.txt", "fresh.txt", "hello.txt"]


def test_one_look_takes_a_page_and_the_next_one_goes_on(sweep: OrphanSweep) -> None:
    for number in range(5):
        save(f"{number}/1/x/old.txt")
    assert [sweep(timezone.now()) for _ in range(5)] == [2, 2, 1, 0, 0]


def test_it_looks_only_now_and_then(sweep: OrphanSweep, settings: Settings) -> None:
    settings.STREAMER_ORPHAN_SWEEP_SECONDS = 60
    save("a/1/x/old.txt")
    save("b/1/x/old.txt")
    save("c/1/x/old.txt")
    assert [sweep(timezone.now()) for _ in range(3)] == [2, 0, 0]


def test_pages_hold_every_name_once() -> None:
    names = {save(name) for name in ("a/1", "a-b/1", "a/2/x", "ab", "b/1/2/3/4", "B/1")}
    listed, after = [], ""
    while page := stored_after("artifacts", after, 2):
        listed += [file.name for file in page]
        after = page[-1].name
    assert len(listed) == len(names) and set(listed) == names


def test_a_storage_that_cannot_list_is_left_alone(sweep: OrphanSweep, monkeypatch: pytest.MonkeyPatch) -> None:
    def cannot(*_: object) -> None:
        raise NotImplementedError

    monkeypatch.setattr(FileSystemStorage, "listdir", cannot)
    assert sweep(timezone.now()) == 0
