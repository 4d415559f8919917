import threading
from collections.abc import Sequence
from concurrent.futures import wait

import pytest
from django.db import OperationalError

from jobs.models import AsyncRequest
from jobs.queue.wakeups import waiting_rings
from jobs.requests import after_commit
from jobs.requests import writer as intake_module
from jobs.requests.submission import Accepted, Refused, Submission, submit_many
from jobs.requests.writer import Overloaded, SubmissionWriter
from tests.jobs.building import make_submission, row_of
from tests.jobs.test_full_disk import full_database
from tests.local.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True)


class HeldStore:
    """A ``submit_many`` that waits until it is released, and counts its transactions."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.arrived = threading.Event()
        self.let_in = threading.Event()
        self.faults: list[Exception] = []

    def __call__(self, submissions: Sequence[Submission]) -> list[Accepted | Refused]:
        self.arrived.set()
        assert self.let_in.wait(10)
        if self.faults:
            raise self.faults.pop(0)
        self.batches.append(len(submissions))
        return submit_many(submissions)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> HeldStore:
    store = HeldStore()
    monkeypatch.setattr(intake_module, "submit_many", store)
    return store


def test_it_works() -> None:
    outcome = SubmissionWriter().submit(make_submission()).result(10)
    assert isinstance(outcome, Accepted) and row_of(outcome.request_id).status == "pending"
    eventually(lambda: waiting_rings("default") == 1, "a worker is woken")


def test_submissions_that_wait_at_the_same_moment_share_a_transaction(store: HeldStore) -> None:
    writer = SubmissionWriter()
    futures = [writer.submit(make_submission(user="user 0"))]
    assert store.arrived.wait(10)
    futures += [writer.submit(make_submission(user=f"user {n}")) for n in range(150)]
    store.let_in.set()
    wait(futures, 20)
    assert store.batches == [1, 100, 50]
    assert len({outcome.request_id for future in futures if isinstance(outcome := future.result(), Accepted)}) == 151
    assert AsyncRequest.objects.count() == 151


def test_each_gets_the_outcome_of_its_own_submission(store: HeldStore) -> None:
    writer = SubmissionWriter()
    submissions = [make_submission(client_id=str(n % 3), payload={"updates": n % 2}) for n in range(6)]
    futures = [writer.submit(item) for item in submissions]
    store.let_in.set()
    outcomes = [future.result(10) for future in futures]
    # Of 0 1 2 0 1 2 with payloads 0 1 0 1 0 1, the second three name the ids of the first with other payloads.
    assert [type(item) for item in outcomes] == [Accepted] * 3 + [Refused] * 3


def test_a_dead_connection_is_replaced_once(store: HeldStore) -> None:
    store.faults = [OperationalError("server closed the connection")]
    store.let_in.set()
    assert isinstance(SubmissionWriter().submit(make_submission()).result(10), Accepted)


def test_a_database_that_is_away_fails_the_future_and_nothing_else(store: HeldStore) -> None:
    writer = SubmissionWriter()
    store.faults = [OperationalError("away"), OperationalError("still away")]
    store.let_in.set()
    assert isinstance(writer.submit(make_submission()).exception(10), OperationalError)
    assert AsyncRequest.objects.count() == 0
    assert isinstance(writer.submit(make_submission()).result(10), Accepted)


def test_a_full_disk_writes_no_traceback(store: HeldStore, caplog: pytest.LogCaptureFixture) -> None:
    """Hand the error to who asked, who tells of it in one line."""
    writer = SubmissionWriter()
    store.faults = [full_database(), full_database()]
    store.let_in.set()
    assert "full" in str(writer.submit(make_submission()).exception(10))
    assert isinstance(writer.submit(make_submission()).result(10), Accepted)
    assert not [record for record in caplog.records if record.exc_info]


def test_one_that_cannot_be_stored_takes_no_other_with_it(store: HeldStore) -> None:
    writer = SubmissionWriter()
    first = writer.submit(make_submission(user="user 0"))
    assert store.arrived.wait(10)
    poison = writer.submit(make_submission(user="user 1", payload={"no JSON": object()}))
    others = [writer.submit(make_submission(user=f"user {n}")) for n in (2, 3)]
    store.let_in.set()
    assert isinstance(poison.exception(10), TypeError)
    assert all(isinstance(future.result(10), Accepted) for future in (first, *others))
    assert AsyncRequest.objects.count() == 3


def test_more_than_may_wait_are_refused(store: HeldStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake_module, "_BACKLOG", 2)
    writer = SubmissionWriter()
    first = writer.submit(make_submission())
    assert store.arrived.wait(10)
    waiting = [writer.submit(make_submission()) for _ in range(2)]
    with pytest.raises(Overloaded):
        writer.submit(make_submission())
    store.let_in.set()
    assert all(isinstance(future.result(10), Accepted) for future in (first, *waiting))


def test_no_more_bytes_wait_than_may(store: HeldStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake_module, "BACKLOG_BYTES", 1_000)
    writer = SubmissionWriter()
    large = writer.submit(make_submission(user="user 0", payload={"text": "x" * 2_000}))
    assert store.arrived.wait(10)
    with pytest.raises(Overloaded):
        writer.submit(make_submission(user="user 1"))
    store.let_in.set()
    assert isinstance(large.result(10), Accepted)
    eventually(lambda: not writer._bytes, "nothing waits any more")
    assert isinstance(writer.submit(make_submission(user="user 2", payload={"text": "x" * 900})).result(10), Accepted)


def test_one_who_went_away_before_the_commit_holds_up_nobody(store: HeldStore) -> None:
    writer = SubmissionWriter()
    gone = writer.submit(make_submission())
    assert store.arrived.wait(10)
    gone.cancel()
    store.let_in.set()
    assert isinstance(writer.submit(make_submission(user="bob")).result(10), Accepted)


def test_what_is_submitted_together_is_committed_together(store: HeldStore) -> None:
    writer = SubmissionWriter()
    first = writer.submit(make_submission(user="user 0"))
    assert store.arrived.wait(10)
    together = writer.submit_all([make_submission(user=f"user {n}") for n in range(100)])
    behind = writer.submit(make_submission(user="user 100"))
    store.let_in.set()
    wait([first, *together, behind], 20)
    assert store.batches == [1, 100, 1]


def test_a_group_counts_by_its_submissions(store: HeldStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake_module, "_BACKLOG", 2)
    writer = SubmissionWriter()
    first = writer.submit(make_submission())
    assert store.arrived.wait(10)
    group = writer.submit_all([make_submission() for _ in range(3)])
    with pytest.raises(Overloaded):
        writer.submit(make_submission())
    store.let_in.set()
    assert all(isinstance(future.result(10), Accepted) for future in (first, *group))
    assert isinstance(writer.submit(make_submission()).result(10), Accepted)


def test_a_fault_in_telling_others_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check that the only writer thread survives, without which the process could accept nothing."""

    def broken(queues: object) -> None:
        raise TypeError("a bug, or an answer of Redis that nobody foresaw")

    monkeypatch.setattr(after_commit, "ring", broken)
    writer = SubmissionWriter()
    for _ in range(2):
        assert isinstance(writer.submit(make_submission()).result(10), Accepted)
