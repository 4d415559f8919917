"""Old requests go in slices: each is small, others write in between, and what has to stay is looked at once."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.models import Artifact, AsyncRequest, BulkOutcome, BulkSlice, RequestEvent, RequestTag, Status
from jobs.requests.removal import deletion
from jobs.requests.removal.deletion import SLICE_ROWS
from jobs.requests.storing import index_tags
from jobs.sweeper import retention
from jobs.sweeper.retention import PAGE, Retention, delete_old_requests
from jobs.usage.stored import used_bytes
from tests.jobs.building import artifact_of, claim, make_submission, row_of, store, stored_files, submit
from tests.jobs.doctor.illness import completed

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_storage")]
LONG_AGO = timedelta(days=400)


def make_finished(count: int, events: int = 0, **fields: Any) -> list[UUID]:
    """Store requests that finished long ago, each with a log of ``events``."""
    then = timezone.now() - LONG_AGO
    columns = {"tenant_id": "acme", "user_id": "alice", "action": "delay", "queue": "default", "last_seq": events}
    rows = [
        AsyncRequest(**{**columns, "status": Status.COMPLETED, "finished_at": then + timedelta(seconds=n), **fields})
        for n in range(count)
    ]
    AsyncRequest.objects.bulk_create(rows)
    RequestEvent.objects.bulk_create(
        RequestEvent(request=row, seq=seq, type="progress", attempt=1) for row in rows for seq in range(1, events + 1)
    )
    return [row.id for row in rows]


@pytest.fixture(autouse=True)
def a_sweep_has_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "SWEEP_SECONDS", 600.0)


class Deleted:
    """The numbers of rows that each transaction deleted."""

    def __init__(self) -> None:
        self.in_each: list[int] = []

    def count(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if sql.startswith("DELETE"):
            self.in_each[-1] += context["cursor"].rowcount
        return result


@contextmanager
def watched(monkeypatch: pytest.MonkeyPatch, between: Any = lambda: None) -> Iterator[Deleted]:
    """Count what each slice deletes, and call ``between`` where the writer pauses."""
    deleted = Deleted()

    def pause(began_at: float) -> None:
        assert not connection.in_atomic_block
        between()
        deleted.in_each.append(0)

    monkeypatch.setattr(deletion, "_pause", pause)
    deleted.in_each.append(0)
    with connection.execute_wrapper(deleted.count):
        yield deleted


def test_it_works(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than a page of old requests, and one so large that it takes several slices."""
    make_finished(PAGE + 50, events=9)
    (large,) = make_finished(1, events=2 * SLICE_ROWS + 7)
    living = submit()
    claim()
    with watched(monkeypatch) as deleted:
        assert delete_old_requests(timezone.now()) == PAGE + 51
    assert sum(deleted.in_each) == (PAGE + 50) * 10 + 2 * SLICE_ROWS + 8
    assert len(deleted.in_each) > 5 and max(deleted.in_each) <= SLICE_ROWS + PAGE
    assert [row.id for row in AsyncRequest.objects.all()] == [living] and large != living
    assert set(RequestEvent.objects.values_list("request_id", flat=True)) == {living}


def test_the_items_of_a_bulk_request_go_in_slices_too(monkeypatch: pytest.MonkeyPatch) -> None:
    (bulk,) = make_finished(1)
    make_finished(3, parent_id=bulk, finished_at=timezone.now())
    BulkSlice.objects.create(request_id=bulk, number=0, first=0, size=SLICE_ROWS + 5, items=[])
    BulkOutcome.objects.bulk_create(BulkOutcome(request_id=bulk, index=n) for n in range(SLICE_ROWS + 5))
    with watched(monkeypatch) as deleted:
        assert delete_old_requests(timezone.now()) == 1
    assert max(deleted.in_each) == SLICE_ROWS and not AsyncRequest.objects.exists()


def test_tags_go_with_their_requests_and_count_in_the_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = make_finished(150, tags=list("abcdefghi"))
    index_tags(ids)
    index_tags([kept := store(make_submission(tags=("kept",)))])
    with watched(monkeypatch) as deleted:
        assert delete_old_requests(timezone.now()) == 150
    assert sum(deleted.in_each) == 1_500 and max(deleted.in_each) <= SLICE_ROWS
    assert set(RequestTag.objects.values_list("request_id", "tag")) == {(kept, "kept")}


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL locks rows, and others write whenever they like")
def test_another_process_writes_between_two_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its connection waits for nothing: it fails at once where the deletion holds the database."""
    make_finished(300, events=9)
    other = sqlite3.connect(connection.settings_dict["NAME"], timeout=0, uri=True)
    other.execute("CREATE TABLE notes (n integer)")
    written = []

    def write() -> None:
        other.execute("INSERT INTO notes VALUES (1)")
        other.commit()
        written.append(AsyncRequest.objects.count())

    try:
        with watched(monkeypatch, write):
            delete_old_requests(timezone.now())
        assert len(written) >= 3 and written == sorted(written, reverse=True)
    finally:
        other.execute("DROP TABLE notes")
        other.close()


def test_the_writer_leaves_half_of_the_time_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    make_finished(150, events=9)
    moments = iter(range(100))
    pauses: list[float] = []
    clock = SimpleNamespace(monotonic=lambda: next(moments) / 10, sleep=pauses.append)
    monkeypatch.setattr(deletion, "time", clock)
    deletion.delete_finished([deletion.Finished(id=row.id, last_seq=9) for row in AsyncRequest.objects.all()])
    assert pauses == [pytest.approx(0.1), pytest.approx(0.1)]


def test_what_has_to_stay_is_looked_at_once() -> None:
    """A request with files stays for months: each look at all of those, every second, would cost more and more."""
    (kept,) = make_finished(1)
    artifact_of(kept).save()
    rule, now = Retention(), timezone.now()
    assert rule(now) == 0
    with CaptureQueriesContext(connection) as queries:
        assert rule(now) == 0
    assert len(queries) == 2 and kept.hex in queries[1]["sql"].replace("-", "")  # it looks behind that one
    (late,) = make_finished(1, finished_at=now - timedelta(days=30))
    assert rule(now) == 1 and not AsyncRequest.objects.filter(id=late).exists()
    Artifact.objects.all().delete()
    AsyncRequest.objects.update(files_expired_at=now)
    assert rule(now) == 0
    assert rule(now + timedelta(days=30)) == 1


def test_a_sweep_ends_after_its_time_and_the_next_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    make_finished(PAGE + 1)
    monkeypatch.setattr(retention, "SWEEP_SECONDS", 0.0)
    rule, now = Retention(), timezone.now()
    assert [rule(now) for _ in range(3)] == [PAGE, 1, 0]


def test_two_that_delete_the_same_give_its_bytes_back_once() -> None:
    request_id = completed()
    rows = [deletion.Finished(id=request_id, last_seq=row_of(request_id).last_seq)]
    assert used_bytes(["acme"])["acme"] > 0
    for _ in range(2):
        deletion.delete_finished(rows)
    assert used_bytes(["acme"])["acme"] == 0


# --- the command -----------------------------------------------------------------------------------------------------


def prune(*arguments: str) -> str:
    output = StringIO()
    call_command("streamer_prune", *arguments, stdout=output)
    return output.getvalue().strip()


def test_the_command_deletes_what_is_older_than_it_is_told() -> None:
    make_finished(2)
    fresh = completed()
    assert prune() == "Deleted 2 requests and 0 files"
    assert row_of(fresh).status == Status.COMPLETED
    assert prune("--days", "0") == "Deleted 1 request and 0 files"
    submit()
    assert prune("--days", "0") == "Deleted 0 requests and 0 files"


def test_files_go_with_their_requests_when_that_is_asked_for() -> None:
    kept = completed("zoo_file")
    first, second = completed("zoo_file"), completed("zoo_file")
    assert prune("--days", "0") == "Deleted 0 requests and 0 files"
    shared = Artifact.objects.get(request_id=kept).storage_name
    Artifact.objects.filter(request_id=first).update(storage_name=shared)
    AsyncRequest.objects.filter(id=kept).update(finished_at=timezone.now() + timedelta(hours=1))
    assert prune("--days", "0", "--files") == "Deleted 2 requests and 1 file"
    assert row_of(kept) and not AsyncRequest.objects.filter(id=second).exists()
    assert default_storage.exists(shared) and len(stored_files()) == 2  # the other is one that no row names


@pytest.mark.parametrize("days", ["-1", "1e12"])
def test_days_that_make_no_sense_are_refused(days: str) -> None:
    with pytest.raises(CommandError, match="--days"):
        prune(f"--days={days}")
