"""The effect of each verb on requests in each status."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from jobs.models import FINAL, Artifact, AsyncRequest, RequestEvent, Status
from jobs.operations.verbs import cancel_all, prioritise_all, prune_all, replay_all, retry_all
from tests.jobs.admin.pages import make_artifact, make_request
from tests.jobs.building import claim, stored_files, submit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_storage")]


def test_it_works() -> None:
    rows = {status: make_request(status, attempt=1) for status in Status}
    ids = [row.id for row in rows.values()]
    assert str(replay_all(ids)) == "3 run again, 3 are not finished and cannot be run again"
    again = retry_all(ids)
    assert again.counts == {"submitted": 2, "hastened": 1, "already completed": 1, "live": 2}
    assert set(again.repeats) == {rows[Status.FAILED].id, rows[Status.CANCELLED].id} and not again.is_complete
    assert cancel_all(ids).counts["cancelled"] == 2


def test_a_retry_that_waits_starts_now() -> None:
    later = timezone.now() + timedelta(hours=1)
    row = make_request(Status.RETRYING, attempt=1, available_at=later, order_at=timezone.now())
    assert str(retry_all([row.id])) == "tried again now"
    assert claim().request_id == row.id


def test_what_is_to_be_cancelled_is_not_hastened() -> None:
    now = timezone.now()
    row = make_request(Status.RETRYING, attempt=1, available_at=now + timedelta(hours=1), cancel_requested_at=now)
    assert retry_all([row.id]).counts == {"live": 1}


def test_a_priority_moves_a_request_ahead_of_older_ones_and_back() -> None:
    old, new = submit("zoo_count"), submit("zoo_count")
    assert str(prioritise_all([new], 600)) == "given the priority"
    row = AsyncRequest.objects.get(id=new)
    assert row.priority == 600 and row.order_at == row.created_at - timedelta(seconds=600)
    assert claim().request_id == new
    assert prioritise_all([new, old], 0).counts == {"started": 1, "moved": 1}
    assert AsyncRequest.objects.get(id=old).order_at == AsyncRequest.objects.get(id=old).created_at


def test_a_priority_is_nothing_to_what_has_ended() -> None:
    ended = [make_request(status).id for status in FINAL]
    assert prioritise_all(ended, 5).counts == {f"already {status}": 1 for status in FINAL}


def test_prune_deletes_finished_ones_with_logs_and_files_and_leaves_the_others(own_storage: Path) -> None:
    ended, live = make_request(Status.FAILED, last_seq=1), make_request(Status.PROCESSING)
    RequestEvent.objects.create(request=ended, seq=1, type="error", attempt=1)
    name = default_storage.save("artifacts/report.pdf", ContentFile(b"content"))
    make_artifact(ended, storage_name=name)
    tally = prune_all([ended.id, live.id])
    assert tally.counts == {"deleted": 1, "files": 1, "unfinished": 1} and not tally.is_complete
    assert str(tally) == "1 deleted, 1 file deleted, 1 is not finished and stays"
    assert [*AsyncRequest.objects.values_list("id", flat=True)] == [live.id]
    assert not Artifact.objects.exists() and not RequestEvent.objects.exists() and stored_files() == []
    assert prune_all([ended.id]).counts == {"gone": 1}


def test_a_bulk_stays_while_its_shares_run() -> None:
    bulk = make_request(Status.FAILED)
    share = make_request(Status.PROCESSING, parent=bulk)
    assert prune_all([bulk.id]).counts == {"unfinished": 1}
    AsyncRequest.objects.filter(id=share.id).update(status="cancelled", finished_at=timezone.now())
    assert prune_all([bulk.id]).counts == {"deleted": 1} and not AsyncRequest.objects.exists()


def test_shares_are_not_run_again_by_themselves() -> None:
    share = make_request(Status.FAILED, parent=make_request(Status.FAILED))
    assert replay_all([share.id]).counts == {"gone": 1}
