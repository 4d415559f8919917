"""Builders of the tests: a submission, a stored request, a claim, a run in this process, and what was logged."""

import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import connections
from django.utils import timezone

from jobs.execution.reporter import Reporter
from jobs.execution.runner import Runner
from jobs.log.events import Event, read_after
from jobs.models import Artifact, AsyncRequest
from jobs.queue.claims import Claim, claim_next
from jobs.requests.submission import Accepted, Submission, submit_many

QUEUES = ("default", "reports", "ml", "bulk")
Started = tuple[Claim, Reporter]


def make_submission(
    action: str = "zoo_count", *, user: str = "alice", tenant: str = "acme", queue: str = "default", **fields: Any
) -> Submission:
    """Make a submission, of Alice's unless told otherwise."""
    fields = {"payload": {}, "estimated_seconds": 6.0, **fields}
    return Submission(tenant_id=tenant, user_id=user, action=action, queue=queue, **fields)


def store(submission: Submission) -> UUID:
    """Submit one request and return its id. Fails the test when it is refused."""
    (outcome,) = submit_many([submission])
    assert isinstance(outcome, Accepted), outcome
    return outcome.request_id


def submit(action: str = "zoo_count", **payload: Any) -> UUID:
    """Store a request of Alice's for ``action`` with ``payload``."""
    return store(make_submission(action, payload=payload))


def claim(worker: str = "first worker") -> Claim:
    """Claim the next request. Fails the test when there is none."""
    claimed = claim_next(QUEUES, worker=worker)
    assert claimed is not None
    return claimed


def never() -> None:
    raise AssertionError("the process would have been ended")


def run_next(*, end_process: Callable[[], None] = never) -> AsyncRequest:
    """Claim the next request and run it in this process. Return its row after that."""
    claimed = claim()
    Runner(claimed, end_process=end_process).run()
    return row_of(claimed.request_id)


def row_of(request_id: UUID) -> AsyncRequest:
    return AsyncRequest.objects.get(id=request_id)


def change(request_id: UUID, **columns: Any) -> None:
    """Set columns directly in the database."""
    assert AsyncRequest.objects.filter(id=request_id).update(**columns) == 1


def log_of(request_id: UUID) -> list[Event]:
    """Read the whole log, which must be numbered 1, 2, 3 …, with at most one final event, the last."""
    events = read_after(request_id, None, 0, limit=100_000)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert not any(event.is_final for event in events[:-1])
    return events


def types_of(request_id: UUID) -> list[str]:
    return [event.type for event in log_of(request_id)]


def final_of(request_id: UUID) -> Mapping[str, Any]:
    """Return the data of the final event. Fails the test when the log does not end with one."""
    last = log_of(request_id)[-1]
    assert last.is_final, f"the log ends with '{last.type}'"
    return last.data


def artifact_of(request_id: UUID, **fields: Any) -> Artifact:
    """Make an artifact of Alice's, whose row is not stored yet."""
    owner = {"request_id": request_id, "tenant_id": "acme", "user_id": "alice"}
    file = {"filename": "a.txt", "media_type": "text/plain", "size_bytes": 4, "storage_name": "artifacts/a.txt"}
    return Artifact(**{**owner, **file, "expires_at": timezone.now() + timedelta(days=1), **fields})


def stored_files(folder: str = "artifacts") -> list[str]:
    """List the names of all files that runs have put into the storage."""
    if not default_storage.exists(folder):
        return []
    folders, files = default_storage.listdir(folder)
    return [*files, *(name for inner in folders for name in stored_files(f"{folder}/{inner}"))]


class Threads:
    """Runs functions in threads of their own, which start together; ``join`` raises what one of them raised."""

    def __init__(self, *works: Callable[[], Any]) -> None:
        self.errors: list[BaseException] = []
        self.answers: list[Any] = []
        self._together = threading.Barrier(len(works))
        self._threads = [threading.Thread(target=self._run, args=(work,), daemon=True) for work in works]

    def __enter__(self) -> "Threads":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.join()

    @property
    def idents(self) -> list[int]:
        return [thread.ident for thread in self._threads if thread.ident is not None]

    def join(self) -> None:
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive(), "a thread does not end"
        if self.errors:
            raise self.errors[0]

    def _run(self, work: Callable[[], Any]) -> None:
        try:
            self._together.wait(10)
            self.answers.append(work())
        except BaseException as error:
            self.errors.append(error)
        finally:
            connections.close_all()
