"""Requests that end early, their receipts, and what must be stored of them."""

from datetime import timedelta
from uuid import UUID

from django.core.files.storage import default_storage
from django.utils import timezone

from jobs.execution.endings.early import EndingRun
from jobs.models import Artifact, AsyncRequest
from jobs.queue.claims import Claim
from jobs.queue.endings import claim_ending
from jobs.requests.reads import snapshot
from jobs.sweeper.rules import recover_lost_attempts
from tests.jobs.building import QUEUES, change, claim, final_of, never, row_of, stored_files, submit


def lost(end: str = "wait") -> UUID:
    """Make a request whose worker was lost for the last time that is allowed."""
    request_id = submit("zoo_receipts", end=end)
    claim()
    change(request_id, lease_until=timezone.now() - timedelta(seconds=1), lost_count=4)
    assert recover_lost_attempts(timezone.now()) == 1
    return request_id


def ending(worker: str = "second worker") -> Claim:
    claimed = claim_ending(QUEUES, worker=worker)
    assert claimed is not None
    return claimed


def run_ending() -> AsyncRequest:
    claimed = ending()
    EndingRun(claimed, end_process=never).run()
    return row_of(claimed.request_id)


def assert_has_receipt(request_id: UUID) -> None:
    """Check that the final event, the row and the storage have the receipt with its one file, and nothing else."""
    data, row = final_of(request_id), row_of(request_id)
    (file,) = data["artifacts"]
    assert data["receipt"] == {"steps": 3, "file": file} == snapshot(row)["receipt"]
    stored = Artifact.objects.get(request_id=request_id)
    assert (str(stored.id), stored.filename) == (file["artifact_id"], "done.txt")
    assert stored_files() == ["done.txt"]
    with default_storage.open(stored.storage_name) as content:
        assert content.read() == b"done"
    assert (row.ending, row.ending_until, row.lease_until, row.attempt_token) == (None, None, None, None)


def assert_has_none(request_id: UUID) -> None:
    data = final_of(request_id)
    assert "receipt" not in data and "artifacts" not in data and row_of(request_id).result is None
    assert not Artifact.objects.exists()
