from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from pytest_django import Settings

from jobs.models import FINAL, Artifact, AsyncRequest, RequestEvent, Status
from jobs.queue.claims import owns_any
from jobs.queue.wakeups import waiting_rings
from jobs.sweeper import rules
from jobs.sweeper.ownership import CANCEL_REPORT_GRACE
from jobs.sweeper.retention import delete_old_requests
from jobs.sweeper.rules import (
    RULES,
    cancel_running,
    delete_expired_artifacts,
    end_overdue_retries,
    expire_waiting,
    recover_lost_attempts,
)
from tests.jobs.building import change, claim, final_of, log_of, make_submission, row_of, store, submit, types_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_storage")]
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def ago(span: timedelta) -> datetime:
    return timezone.now() - span


def lose(request_id: UUID, **columns: Any) -> None:
    """Leave the row as it is when the worker of the running attempt dies."""
    change(request_id, lease_until=ago(timedelta(seconds=1)), **columns)


def lost(action: str = "zoo_count") -> UUID:
    request_id = submit(action)
    claim()
    lose(request_id)
    return request_id


def test_it_works() -> None:
    lost()
    store(make_submission(expires_in_seconds=0.0))
    now = timezone.now()
    counts = {rule.name: rule.sweep(now) for rule in RULES}
    assert counts["lost attempts"] == counts["expired requests"] == 1


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_leaves_a_healthy_request_alone(rule: rules.Rule) -> None:
    running = submit()
    claim()
    waiting = submit()
    assert rule.sweep(timezone.now()) == 0
    assert (row_of(running).status, row_of(waiting).status) == (Status.PROCESSING, Status.PENDING)


# --- lost attempts ---------------------------------------------------------------------------------------------------


def test_a_request_lost_once_is_repeated_and_a_worker_is_woken() -> None:
    request_id = lost()
    assert recover_lost_attempts(timezone.now()) == 1
    row = row_of(request_id)
    assert (row.status, row.lost_count, row.errors_count) == (Status.RETRYING, 1, 0)
    assert log_of(request_id)[-1].data["error"]["code"] == "WORKER_LOST" and waiting_rings("default") == 1
    assert claim().attempt == 2


def test_a_request_lost_twice_fails() -> None:
    request_id = lost()
    recover_lost_attempts(timezone.now())
    claim()
    lose(request_id)
    assert recover_lost_attempts(timezone.now()) == 1
    assert (row_of(request_id).status, row_of(request_id).lost_count) == (Status.FAILED, 2)
    assert final_of(request_id)["error"]["code"] == "WORKER_LOST"
    assert types_of(request_id) == ["started", "retrying", "started", "error"]


def test_a_request_whose_worker_was_lost_keeps_its_checkpoint() -> None:
    request_id = lost()
    change(request_id, resume_state={"rows": 5})
    assert recover_lost_attempts(timezone.now()) == 1
    assert claim().resume_state == {"rows": 5}


def test_a_lost_request_that_was_to_be_cancelled_is() -> None:
    request_id = lost()
    change(request_id, cancel_requested_at=ago(MINUTE))
    assert recover_lost_attempts(timezone.now()) == 1
    data = final_of(request_id)
    assert row_of(request_id).status == Status.CANCELLED and data["mode"] == "killed" and data["seconds"] >= 60


def test_an_attempt_that_cannot_hear_its_cancel_is_ended_after_the_grace(settings: Settings) -> None:
    request_id = submit()
    claimed = claim()
    grace = timedelta(seconds=settings.STREAMER_CANCEL_GRACE_SECONDS)
    change(request_id, cancel_requested_at=ago(grace))
    assert cancel_running(timezone.now()) == 0, "its worker may be about to end it"
    change(request_id, cancel_requested_at=ago(grace + CANCEL_REPORT_GRACE))
    assert cancel_running(timezone.now()) == 1
    data = final_of(request_id)
    assert (row_of(request_id).status, data["mode"]) == (Status.CANCELLED, "killed") and data["seconds"] >= 10
    assert not AsyncRequest.objects.filter(claimed.fence, id=request_id).exists() and not owns_any("first worker")


def test_a_lost_request_whose_time_was_up_fails_with_timeout() -> None:
    request_id = lost("zoo_late")
    change(request_id, attempt_started_at=ago(MINUTE))
    assert recover_lost_attempts(timezone.now()) == 1
    assert final_of(request_id)["error"]["code"] == "TIMEOUT"


def test_a_lost_request_that_used_up_the_time_of_all_attempts_fails_with_timeout() -> None:
    request_id = lost("zoo_too_often")
    change(request_id, started_at=ago(11 * MINUTE))
    assert recover_lost_attempts(timezone.now()) == 1
    assert final_of(request_id)["error"]["details"] == {"seconds": 600, "reason": "request"}


def test_a_request_that_waits_for_another_attempt_ends_when_all_its_time_is_over() -> None:
    request_id = lost("zoo_too_often")
    forever = lost("zoo_count")
    assert recover_lost_attempts(timezone.now()) == 2
    assert end_overdue_retries(timezone.now() + 9 * MINUTE) == 0
    assert end_overdue_retries(timezone.now() + 11 * MINUTE) == 1
    assert final_of(request_id)["error"]["details"]["reason"] == "request"
    assert row_of(forever).status == Status.RETRYING


def test_a_lost_request_of_an_action_that_is_gone_is_moved_on_too() -> None:
    request_id = lost("zoo_gone")
    assert recover_lost_attempts(timezone.now()) == 1
    assert row_of(request_id).status == Status.RETRYING


def test_an_attempt_that_renewed_its_lease_after_the_look_keeps_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    request_id = lost()
    real = rules._after_loss

    def renewed_meanwhile(row: AsyncRequest, now: datetime) -> Any:
        change(request_id, lease_until=timezone.now() + MINUTE)
        return real(row, now)

    monkeypatch.setattr(rules, "_after_loss", renewed_meanwhile)
    assert recover_lost_attempts(timezone.now()) == 0
    assert row_of(request_id).status == Status.PROCESSING and types_of(request_id) == ["started"]


# --- expired in the queue --------------------------------------------------------------------------------------------


def test_what_did_not_start_in_its_time_fails() -> None:
    request_id = store(make_submission(expires_in_seconds=30))
    assert expire_waiting(timezone.now()) == 0
    assert expire_waiting(timezone.now() + MINUTE) == 1
    assert final_of(request_id)["error"]["code"] == "EXPIRED" and row_of(request_id).status == Status.FAILED


def test_what_started_in_its_time_may_go_on() -> None:
    request_id = store(make_submission(expires_in_seconds=30))
    claim()
    assert expire_waiting(timezone.now() + MINUTE) == 0
    assert row_of(request_id).status == Status.PROCESSING


def test_what_started_in_its_time_may_be_tried_again_after_it() -> None:
    request_id = store(make_submission(expires_in_seconds=30))
    claim()
    change(request_id, expires_at=ago(MINUTE))
    lose(request_id)
    assert recover_lost_attempts(timezone.now()) == 1 and expire_waiting(timezone.now()) == 0
    assert claim().request_id == request_id


# --- retention -------------------------------------------------------------------------------------------------------


def add_file(request_id: UUID, expires_at: datetime) -> Artifact:
    name = default_storage.save(f"artifacts/{request_id}/a.txt", ContentFile(b"rows"))
    return Artifact.objects.create(
        request_id=request_id,
        tenant_id="acme",
        user_id="alice",
        filename="a.txt",
        media_type="text/plain",
        size_bytes=4,
        storage_name=name,
        expires_at=expires_at,
    )


def test_expired_artifacts_go_with_their_files() -> None:
    request_id = submit()
    old, fresh = add_file(request_id, ago(MINUTE)), add_file(request_id, timezone.now() + DAY)
    assert delete_expired_artifacts(timezone.now()) == 1
    assert [row.id for row in Artifact.objects.all()] == [fresh.id]
    assert not default_storage.exists(old.storage_name) and default_storage.exists(fresh.storage_name)


def test_a_file_that_cannot_be_deleted_is_in_nobodys_way(monkeypatch: pytest.MonkeyPatch) -> None:
    request_id = submit()
    first, stuck, last = (add_file(request_id, ago(MINUTE)) for _ in range(3))
    delete = default_storage.delete

    def delete_but_one(name: str) -> None:
        if name == stuck.storage_name:
            raise PermissionError(name)
        delete(name)

    monkeypatch.setattr(default_storage, "delete", delete_but_one)
    assert delete_expired_artifacts(timezone.now()) == 2
    assert list(Artifact.objects.all()) == [stuck]
    monkeypatch.undo()
    assert delete_expired_artifacts(timezone.now()) == 1


def test_an_expired_artifact_whose_file_is_gone_already_goes_too() -> None:
    row = add_file(submit(), ago(MINUTE))
    default_storage.delete(row.storage_name)
    assert delete_expired_artifacts(timezone.now()) == 1


@pytest.mark.parametrize("status", FINAL)
def test_a_finished_request_past_its_retention_goes_with_its_log(status: Status, settings: Settings) -> None:
    request_id = submit()
    claim()
    change(request_id, status=status, finished_at=ago(settings.STREAMER_RETENTION_DAYS * DAY - MINUTE))
    assert delete_old_requests(timezone.now()) == 0
    change(request_id, finished_at=ago(settings.STREAMER_RETENTION_DAYS * DAY + MINUTE))
    assert delete_old_requests(timezone.now()) == 1
    assert not AsyncRequest.objects.exists() and not RequestEvent.objects.exists()


def test_a_request_stays_while_one_of_its_files_does_and_its_retention_after_it(settings: Settings) -> None:
    request_id = submit()
    change(request_id, status=Status.COMPLETED, finished_at=ago(400 * DAY))
    add_file(request_id, timezone.now() + DAY)
    assert delete_old_requests(timezone.now()) == 0
    later = timezone.now() + 2 * DAY
    assert (delete_expired_artifacts(later), delete_old_requests(later)) == (1, 0)
    assert delete_old_requests(later + settings.STREAMER_RETENTION_DAYS * DAY - MINUTE) == 0
    assert delete_old_requests(later + settings.STREAMER_RETENTION_DAYS * DAY + MINUTE) == 1


def test_a_file_that_two_artifacts_name_stays_until_both_have_expired() -> None:
    old = add_file(submit(), ago(MINUTE))
    fresh = add_file(submit(), timezone.now() + DAY)
    Artifact.objects.filter(id=fresh.id).update(storage_name=old.storage_name)
    assert delete_expired_artifacts(timezone.now()) == 1
    assert default_storage.exists(old.storage_name)


def test_what_has_not_ended_is_never_too_old() -> None:
    change(submit(), created_at=ago(400 * DAY), expires_at=None)
    assert delete_old_requests(timezone.now()) == 0


# --- all of them -----------------------------------------------------------------------------------------------------


def test_a_second_sweep_finds_nothing_to_do() -> None:
    lost()
    store(make_submission(expires_in_seconds=1))
    change(store(make_submission()), status=Status.FAILED, finished_at=ago(400 * DAY))
    add_file(submit(), ago(MINUTE))
    now = timezone.now() + timedelta(seconds=10)
    first = {rule.name: rule.sweep(now) for rule in RULES}
    assert first["lost attempts"] == first["expired requests"] == first["expired artifacts"] == 1
    assert first["old requests"] == 1
    events = RequestEvent.objects.count()
    second = {rule.name: rule.sweep(now) for rule in RULES if rule.name != "due retries"}
    assert set(second.values()) == {0} and RequestEvent.objects.count() == events


def test_a_sweep_takes_a_bounded_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "BATCH", 2)
    for _ in range(3):
        store(make_submission(expires_in_seconds=1))
    later = timezone.now() + MINUTE
    assert [expire_waiting(later) for _ in range(3)] == [2, 1, 0]


def test_what_waits_although_it_is_to_be_cancelled_is_cancelled() -> None:
    request_id = submit()
    change(request_id, status=Status.RETRYING, cancel_requested_at=timezone.now())
    assert rules.cancel_waiting(timezone.now()) == 1
    assert row_of(request_id).status == Status.CANCELLED and types_of(request_id) == ["cancelled"]
    assert rules.cancel_waiting(timezone.now()) == 0
