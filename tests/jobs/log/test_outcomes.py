from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from jobs.errors import ErrorCode, error_body
from jobs.log.events import append
from jobs.log.outcomes import CancelledOutcome, Completed, Failed, Outcome, Repeated
from jobs.models import FINAL, Status
from tests.jobs.building import claim, final_of, log_of, row_of, submit

ERROR = error_body(ErrorCode.WORKER_LOST, "gone")
RETRY_AT = datetime(2026, 1, 31, tzinfo=UTC)
ENDS = [
    (Completed(result={"rows": 1}, artifacts=[]), Status.COMPLETED),
    (Failed(error=ERROR), Status.FAILED),
    (CancelledOutcome(mode="killed", seconds=1.23456), Status.CANCELLED),
]
database = pytest.mark.django_db(transaction=True)


def end_with(outcome: Outcome) -> None:
    submit()
    claimed = claim()
    append(claimed.request_id, [outcome.draft()], where=claimed.fence, changes=outcome.changes())


def test_it_works() -> None:
    outcome = Completed(result={"rows": 1}, artifacts=[])
    assert outcome.draft().data == {"success": True, "result": {"rows": 1}, "final": True}
    assert outcome.changes()["status"] == Status.COMPLETED and outcome.changes()["percentage"] == 100


@database
@pytest.mark.parametrize(("outcome", "status"), ENDS)
def test_an_end_is_final_in_the_row_and_in_the_log(outcome: Outcome, status: Status) -> None:
    request_id = submit()
    claimed = claim()
    append(request_id, [outcome.draft()], where=claimed.fence, changes=outcome.changes())
    row = row_of(request_id)
    assert row.status == status and status in FINAL
    assert row.finished_at is not None and row.lease_until is None and row.attempt_token is None
    assert final_of(request_id)["success"] == (status == Status.COMPLETED)


@database
def test_a_repetition_goes_on_and_says_when() -> None:
    request_id = submit()
    claimed = claim()
    outcome = Repeated(error=ERROR, retry_at=RETRY_AT, counts={"lost_count": 1})
    append(request_id, [outcome.draft()], where=claimed.fence, changes=outcome.changes())
    row = row_of(request_id)
    assert (row.status, row.available_at, row.lost_count) == (Status.RETRYING, RETRY_AT, 1)
    assert row.lease_until is None and row.finished_at is None
    last = log_of(request_id)[-1]
    assert not last.is_final and last.data["retry_at"] == RETRY_AT.timestamp() and last.data["error"] == ERROR


@pytest.mark.parametrize("counts", [None, {}])
def test_what_does_not_count_raises_no_counter(counts: dict[str, int] | None) -> None:
    assert "lost_count" not in Repeated(error=ERROR, retry_at=RETRY_AT, counts=counts).changes()
    assert "lost_count" not in Failed(error=ERROR, counts=counts).changes()


def test_files_are_named_only_when_there_are_some() -> None:
    file = {"artifact_id": "1", "filename": "a.csv"}
    assert "artifacts" not in Completed(result=None, artifacts=[]).draft().data
    assert Completed(result=None, artifacts=[file]).draft().data["artifacts"] == [file]


def test_a_cancel_counts_from_the_wish() -> None:
    outcome = CancelledOutcome.since(timezone.now() - timedelta(seconds=3), mode="cooperative")
    assert 3 <= outcome.draft().data["seconds"] < 13
    assert CancelledOutcome(mode="killed", seconds=1.23456).draft().data["seconds"] == 1.235
