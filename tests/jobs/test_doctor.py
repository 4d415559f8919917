"""Each illness is made on purpose and found; what has a remedy is mended; a healthy system is healthy."""

import json
import os
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import django_rq
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings
from rq.registry import FailedJobRegistry
from rq.worker_registration import WORKERS_BY_QUEUE_KEY

from jobs import doctor
from jobs.doctor import Diagnosis, Found, all_checks, examine, waiting
from jobs.models import Artifact, Dataset, RequestEvent, Status
from jobs.services import request_cancel
from jobs.wakeups import SHIFT, SWEEPER_HEARTBEATS, connection, ring, waiting_rings
from realtime.models import Connection
from tests.jobs.building import change, claim, final_of, row_of, run_next, stored_files, submit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_storage", "own_scratch")]
HOUR = timedelta(hours=1)


@pytest.fixture
def own_scratch(settings: Settings, tmp_path: Path) -> Path:
    settings.STREAMER_SCRATCH_DIR = tmp_path / "scratch"
    settings.STREAMER_SCRATCH_DIR.mkdir()
    return settings.STREAMER_SCRATCH_DIR


def ill(*, fix: bool = False, deep: bool = False) -> dict[str, Diagnosis]:
    return {one.check.name: one for one in examine(all_checks(deep=deep), fix=fix) if one.is_ill}


def found(name: str) -> tuple[str, ...]:
    """The examples of the only check that finds something, which must be this one."""
    findings = ill()
    assert list(findings) == [name]
    return findings[name].found.examples


def mended(name: str) -> str:
    """What was done against the only illness; afterwards there is none."""
    assert found(name)
    (diagnosis,) = (one for one in examine(all_checks(), fix=True) if one.done)
    assert diagnosis.check.name == name and diagnosis.found.count == 0
    assert not ill()
    return diagnosis.done


def completed(action: str = "zoo_count", **payload: Any) -> UUID:
    request_id = submit(action, **payload)
    assert run_next().status == Status.COMPLETED
    return request_id


def ago(span: timedelta) -> Any:
    return timezone.now() - span


def sweeper_lives() -> None:
    connection().set(f"{SWEEPER_HEARTBEATS}test", 1, ex=60)


def make_old(path: Path, span: timedelta) -> None:
    then = time.time() - span.total_seconds()
    os.utime(path, (then, then))


def test_it_works() -> None:
    """One request in every state, files included, and nothing is found."""
    sweeper_lives()
    completed("zoo_file")
    for action in ("zoo_permanent", "zoo_retryable"):
        submit(action)
        run_next()
    submit()
    claim()
    request_cancel(submit())
    submit()
    output = StringIO()
    call_command("streamer_doctor", deep=True, stdout=output)
    assert "Healthy" in output.getvalue()
    assert not ill(fix=True, deep=True)


def test_names_are_unique_and_every_check_says_what_must_hold() -> None:
    checks = all_checks(deep=True)
    assert len({check.name for check in checks}) == len(checks)
    assert all(check.sentence.endswith(".") for check in checks)


# --- the log ---------------------------------------------------------------------------------------------------------


def test_a_hole_in_the_numbers() -> None:
    request_id = completed(updates=3)
    RequestEvent.objects.filter(request_id=request_id, seq=2).delete()
    assert found("log-numbers") == (str(request_id),)


def test_a_last_number_that_no_event_has() -> None:
    request_id = submit()
    claim()
    change(request_id, last_seq=2)
    assert found("log-numbers") == (str(request_id),)


@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED])
def test_a_final_event_that_does_not_fit_the_status(status: Status) -> None:
    request_id = completed()
    change(request_id, status=status)
    assert found("log-endings") == (str(request_id),)


def test_a_final_event_before_the_last() -> None:
    request_id = completed()
    final = RequestEvent.objects.get(request_id=request_id, type="complete")
    RequestEvent.objects.create(request_id=request_id, seq=final.seq + 1, type="complete", data=final.data, attempt=1)
    change(request_id, last_seq=final.seq + 1)
    assert found("log-endings") == (str(request_id),)


def test_a_final_event_that_does_not_say_so() -> None:
    request_id = completed()
    RequestEvent.objects.filter(request_id=request_id, type="complete").update(data={"success": True})
    assert found("log-endings") == (str(request_id),)


def test_a_final_event_of_a_request_that_goes_on() -> None:
    request_id = completed()
    change(request_id, status=Status.RETRYING, finished_at=None)
    assert found("log-early-endings") == (str(request_id),)


def test_an_attempt_that_goes_back() -> None:
    request_id = completed()
    change(request_id, attempt=2)
    RequestEvent.objects.filter(request_id=request_id, seq=1).update(attempt=2)
    assert found("log-attempts") == (str(request_id),)


def test_an_attempt_that_the_row_does_not_know() -> None:
    request_id = completed()
    change(request_id, attempt=0)
    assert found("log-attempts") == (str(request_id),)


def test_no_more_than_five_are_named() -> None:
    for _ in range(7):
        change(completed(updates=1), last_seq=100)
    assert ill()["log-numbers"].found.count == 7
    assert len(ill()["log-numbers"].found.examples) == 5


# --- rows ------------------------------------------------------------------------------------------------------------


def test_a_final_request_without_an_end() -> None:
    request_id = completed()
    change(request_id, finished_at=None)
    assert mended("final-time") == "took the time of the final event for 1"
    last = RequestEvent.objects.get(request_id=request_id, type="complete")
    assert row_of(request_id).finished_at == last.created_at


@pytest.mark.parametrize("column", ["lease_until", "attempt_token"])
def test_a_finished_request_that_is_still_owned(column: str) -> None:
    request_id = completed()
    change(request_id, **{column: timezone.now() if column == "lease_until" else uuid.uuid4()})
    assert mended("owned-by-nobody") == "cleared lease and token of 1"


def test_a_running_request_without_a_lease() -> None:
    request_id = submit()
    claim()
    change(request_id, lease_until=None)
    assert mended("running-owner") == "gave 1 a lease of the usual length"
    assert row_of(request_id).lease_until > timezone.now()


def test_a_running_request_without_a_token_has_no_remedy() -> None:
    request_id = submit()
    claim()
    change(request_id, attempt_token=None)
    assert found("running-owner") == (str(request_id),)
    assert "running-owner" in ill(fix=True)


def test_a_lease_that_ran_out_is_a_finding_only_while_a_sweeper_lives() -> None:
    request_id = submit()
    claim()
    change(request_id, lease_until=ago(HOUR))
    assert not ill()
    (silent,) = (one for one in examine(all_checks()) if one.check.name == "overdue-leases")
    assert "no sweeper" in silent.not_examined
    sweeper_lives()
    assert mended("overdue-leases") == "applied the sweeper's rule 'lost attempts' to 1"
    assert row_of(request_id).status == Status.RETRYING


def test_a_request_that_expired_long_ago() -> None:
    request_id = submit()
    change(request_id, expires_at=ago(HOUR))
    sweeper_lives()
    mended("overdue-expiries")
    assert final_of(request_id)["error"]["code"] == "EXPIRED"


def test_a_missing_constraint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(database.introspection), "get_constraints", lambda *_: {})
    assert found("client-ids") == ("no constraint one_request_per_client_id",)


# --- waiting ---------------------------------------------------------------------------------------------------------


def test_a_request_that_nobody_was_woken_for() -> None:
    request_id = submit()
    assert not ill()
    change(request_id, available_at=ago(HOUR))
    assert mended("forgotten") == "applied the sweeper's rule 'lost rings' to 1"
    assert waiting_rings("default") == 1


def test_one_that_waits_for_a_busy_fleet_or_its_users_own_turn_is_healthy(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    change(submit(), available_at=ago(HOUR))
    busy = [_Worker("one", "busy"), _Worker("other", "busy")]
    monkeypatch.setattr(waiting.Worker, "all", lambda **_: busy)
    assert not ill()
    busy.append(_Worker("idle", "idle"))
    assert "forgotten" in ill()
    settings.STREAMER_MAX_RUNNING_PER_USER = 1
    claim()
    change(submit(), available_at=ago(HOUR))
    assert not ill()


class _Worker:
    def __init__(self, name: str, state: str) -> None:
        self.name, self.get_state = name, lambda: state

    def queue_names(self) -> list[str]:
        return ["default"]


def test_a_queue_that_is_not_configured() -> None:
    request_id = submit()
    change(request_id, queue="closed")
    assert found("unknown-queue") == (str(request_id),)


def test_a_cancelled_request_that_waits() -> None:
    request_id = submit()
    change(request_id, cancel_requested_at=ago(HOUR))
    assert mended("cancelled-but-waiting") == "cancelled 1"
    assert row_of(request_id).status == Status.CANCELLED


# --- files -----------------------------------------------------------------------------------------------------------


def test_an_artifact_without_its_file() -> None:
    artifact = Artifact.objects.get(request_id=completed("zoo_file"))
    default_storage.delete(artifact.storage_name)
    assert found("artifact-files") == (str(artifact.id),)


def test_a_file_of_the_wrong_size() -> None:
    artifact = Artifact.objects.get(request_id=completed("zoo_file"))
    Path(default_storage.path(artifact.storage_name)).write_bytes(b"shorter or longer")
    assert found("artifact-sizes") == (str(artifact.id),)


def test_other_bytes_of_the_same_number_are_found_by_a_deep_look() -> None:
    artifact = Artifact.objects.get(request_id=completed("zoo_file", text="hello"))
    Path(default_storage.path(artifact.storage_name)).write_bytes(b"HELLO")
    assert not ill()
    assert ill(deep=True)["artifact-hashes"].found.examples == (str(artifact.id),)


def test_an_artifact_of_a_request_that_did_not_complete() -> None:
    artifact = Artifact.objects.get(request_id=completed("zoo_file"))
    running = submit()
    claim()
    Artifact.objects.filter(id=artifact.id).update(request_id=running)
    assert found("artifact-requests") == (str(artifact.id),)


def test_an_old_file_that_belongs_to_nothing() -> None:
    completed("zoo_file")
    name = default_storage.save(f"artifacts/{uuid.uuid4()}/1/left/over.txt", ContentFile(b"over"))
    assert not ill()
    make_old(Path(default_storage.path(name)), 2 * HOUR)
    assert mended("orphans") == "deleted 1 files"
    assert stored_files() == ["hello.txt"]


def test_an_old_file_of_a_running_attempt_is_no_orphan() -> None:
    request_id = submit()
    claim()
    name = default_storage.save(f"artifacts/{request_id}/1/in/work.txt", ContentFile(b"early"))
    make_old(Path(default_storage.path(name)), 2 * HOUR)
    assert not ill()


def test_an_old_scratch_folder(own_scratch: Path) -> None:
    for name, span in (("old", 48 * HOUR), ("fresh", HOUR)):
        (own_scratch / name).mkdir()
        (own_scratch / name / "rows").write_bytes(b"spilled")
        make_old(own_scratch / name, span)
    assert mended("scratch") == "deleted 1 folders"
    assert [path.name for path in own_scratch.iterdir()] == ["fresh"]


def test_a_storage_that_cannot_list_its_files_is_not_examined(monkeypatch: pytest.MonkeyPatch) -> None:
    def cannot(*_: object) -> None:
        raise NotImplementedError

    monkeypatch.setattr(FileSystemStorage, "listdir", cannot)
    (orphans,) = (one for one in examine(all_checks()) if one.check.name == "orphans")
    assert orphans.not_examined == "this storage cannot list its files" and not orphans.is_ill


def test_a_storage_that_does_not_answer_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(FileSystemStorage, "listdir", broken)
    assert found("orphans") == ("OSError: the disk is gone",)


# --- datasets --------------------------------------------------------------------------------------------------------


def make_dataset() -> Dataset:
    name = default_storage.save("datasets/a.parquet", ContentFile(b"PAR1"))
    fields = {"tenant_id": "acme", "user_id": "alice", "name": "sales", "format": "csv", "sha256": "0" * 64}
    return Dataset.objects.create(**fields, uploaded_bytes=4, size_bytes=4, rows=1, storage_name=name)


def test_a_dataset_has_its_file() -> None:
    row = make_dataset()
    make_old(Path(default_storage.path(row.storage_name)), 2 * HOUR)
    assert not ill()
    Path(default_storage.path(row.storage_name)).write_bytes(b"PAR")
    assert found("dataset-files") == (str(row.id),)
    default_storage.delete(row.storage_name)
    assert found("dataset-files") == (str(row.id),)


def test_a_file_of_no_dataset() -> None:
    row = make_dataset()
    make_old(Path(default_storage.path(row.storage_name)), 2 * HOUR)
    Dataset.objects.all().delete()
    assert mended("orphans") == "deleted 1 files"


# --- Redis -----------------------------------------------------------------------------------------------------------


def test_more_rings_than_workers() -> None:
    connection().sadd(WORKERS_BY_QUEUE_KEY % "default", *range(8))
    ring(["default"] * 8)
    assert waiting_rings("default") == 8
    assert not ill()
    connection().delete(WORKERS_BY_QUEUE_KEY % "default")
    assert mended("rings") == "rang 1 queues anew, once for each worker"
    assert waiting_rings("default") == 1


def test_shifts_that_died_are_counted_and_no_finding() -> None:
    queue = django_rq.get_queue("default", connection=connection())
    job = queue.enqueue_call(SHIFT, failure_ttl=60)
    FailedJobRegistry(queue=queue).add(job, ttl=60)
    (died,) = (one for one in examine(all_checks()) if one.check.name == "failed-shifts")
    assert died.found == Found(count=1, examples=("default: 1",))
    assert not ill()


def test_without_redis_the_rest_is_examined(monkeypatch: pytest.MonkeyPatch, redis_away: Callable[[], Any]) -> None:
    for module in (doctor.rings, doctor.waiting, doctor.sweeping):
        monkeypatch.setattr(module, "connection", redis_away)
    RequestEvent.objects.filter(request_id=completed(), seq=1).delete()
    findings = ill()
    assert list(findings) == ["log-numbers", "redis"]
    assert "ConnectionError" in findings["redis"].found.examples[0]


# --- connections -----------------------------------------------------------------------------------------------------


def test_a_connection_that_only_looks_open() -> None:
    row = Connection.objects.create(tenant_id="acme", user_id="alice", server="gone", last_seen_at=ago(HOUR))
    assert mended("silent-connections") == "applied the sweeper's rule 'dead connections' to 1"
    row.refresh_from_db()
    assert row.close_reason == "server_lost"


# --- the command -----------------------------------------------------------------------------------------------------


def run(**options: Any) -> tuple[int, str]:
    output = StringIO()
    try:
        call_command("streamer_doctor", stdout=output, **options)
    except SystemExit as ended:
        return int(str(ended.code)), output.getvalue()
    return 0, output.getvalue()


def test_the_exit_status_says_whether_anything_was_found() -> None:
    assert run()[0] == 0
    request_id = completed()
    change(request_id, finished_at=None)
    status, text = run()
    assert status == 1 and "✗ final-time" in text and str(request_id) in text
    status, text = run(fix=True)
    assert status == 0 and "fixed: took the time of the final event for 1" in text


def test_json_for_machines() -> None:
    RequestEvent.objects.filter(request_id=completed(), seq=1).delete()
    status, text = run(as_json=True)
    body = json.loads(text)
    assert (status, body["healthy"]) == (1, False)
    (finding,) = (one for one in body["checks"] if one["finding"])
    assert (finding["name"], finding["count"], finding["done"]) == ("log-numbers", 1, None)


def test_a_database_that_is_away_is_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr("jobs.management.commands.streamer_doctor.examine", away)
    with pytest.raises(CommandError, match="cannot be examined") as caught:
        call_command("streamer_doctor")
    assert caught.value.returncode == 2


def test_the_number_of_queries_does_not_grow_with_the_requests() -> None:
    completed("zoo_file")
    few = _queries()
    for _ in range(10):
        completed(updates=1)
    assert _queries() == few


def _queries() -> int:
    with CaptureQueriesContext(database) as queries:
        examine(all_checks())
    return len(queries)
