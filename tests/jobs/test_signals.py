"""Signals: when each is sent, what it says, and that no receiver can do harm."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.dispatch import Signal
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.bulk.shares import invite
from jobs.contract.registry import all_handlers
from jobs.models import AsyncRequest, Status
from jobs.requests.cancellation import request_cancel
from jobs.requests.result_cache import look_up
from jobs.requests.retrying import retry
from jobs.requests.submission import submit_many
from jobs.requests.writer import SubmissionWriter
from jobs.signals import attempt_started, request_finished, request_submitted
from jobs.sweeper.rules import expire_waiting, recover_lost_attempts
from tests.handlers.zoo import Count
from tests.jobs.building import change, claim, log_of, make_submission, row_of, run_next, store, submit
from tests.jobs.bulk.building import ECHO, echoes, submit_bulk

pytestmark = pytest.mark.django_db(transaction=True)
NAMES = {"submitted": request_submitted, "started": attempt_started, "finished": request_finished}


class Heard:
    """A receiver of all signals that keeps their arguments, in order."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def receive(self, *, signal: Signal, **facts: Any) -> None:
        name = next(name for name, known in NAMES.items() if known is signal)
        self.calls.append((name, facts))

    def names(self, request_id: UUID) -> list[str]:
        return [name for name, facts in self.calls if facts["request_id"] == request_id]

    def facts(self, name: str) -> dict[str, Any]:
        """Return the arguments of the only signal of that name."""
        (facts,) = [facts for called, facts in self.calls if called == name]
        return facts


@pytest.fixture
def heard() -> Iterator[Heard]:
    heard = Heard()
    for signal in NAMES.values():
        signal.connect(heard.receive)
    yield heard
    for signal in NAMES.values():
        signal.disconnect(heard.receive)


@pytest.fixture
def broken() -> Iterator[None]:
    """Connect a receiver of all signals that raises. Named before ``heard``, it is called first."""

    def broken(**facts: Any) -> None:
        raise ValueError("a bug of the receiver")

    for signal in NAMES.values():
        signal.connect(broken)
    yield
    for signal in NAMES.values():
        signal.disconnect(broken)


def test_it_works(heard: Heard) -> None:
    request_id = store(make_submission(client_id="mine", title="Count to one", payload={"updates": 1}))
    row = run_next()
    assert heard.names(request_id) == ["submitted", "started", "finished"]
    common = {
        "sender": Count,
        "request_id": request_id,
        "action": "zoo_count",
        "title": "Count to one",
        "queue": "default",
        "tenant_id": "acme",
        "user_id": "alice",
        "idempotency_key": "mine",
    }
    assert heard.facts("submitted") == {**common, "created_at": row.created_at}
    started = {"attempt": 1, "worker": "first worker", "started_at": row.attempt_started_at}
    assert heard.facts("started") == {**common, **started}
    assert row.finished_at is not None
    ended = {"status": "completed", "failed_items": 0, "error_code": None, "attempt": 1, "finished_at": row.finished_at}
    seconds = (row.finished_at - row.created_at).total_seconds()
    assert heard.facts("finished") == {**common, **ended, "seconds": seconds}


def test_a_receiver_may_ask_for_one_handler_alone(heard: Heard) -> None:
    counted = Heard()  # it is forgotten with this test: signals hold receivers weakly
    request_finished.connect(counted.receive, sender=Count)
    ids = [submit("zoo_count", updates=1), submit("zoo_permanent")]
    for _ in ids:
        run_next()
    assert [facts["request_id"] for _, facts in counted.calls] == ids[:1]
    assert [heard.names(request_id)[-1] for request_id in ids] == ["finished"] * 2


# --- one for each final event ----------------------------------------------------------------------------------------


def fail() -> UUID:
    request_id = submit("zoo_permanent")
    run_next()
    return request_id


def fail_unknown() -> UUID:
    request_id = submit("zoo_no_such_action")
    run_next()
    return request_id


def cancel_waiting() -> UUID:
    request_id = submit()
    request_cancel(request_id)
    return request_id


def lose_worker_twice() -> UUID:
    request_id = submit()
    for _ in range(2):
        claim()
        change(request_id, lease_until=timezone.now() - timedelta(seconds=1))
        recover_lost_attempts(timezone.now())
    return request_id


def expire() -> UUID:
    request_id = store(make_submission(expires_in_seconds=0.0))
    expire_waiting(timezone.now())
    return request_id


def cancel_after_an_error() -> UUID:
    request_id = submit("zoo_retryable")
    run_next()
    request_cancel(request_id)
    return request_id


@pytest.mark.parametrize(
    ("end", "status", "code", "starts"),
    [
        (fail, "failed", "PROCESSING_FAILED", 1),
        (fail_unknown, "failed", "INVALID_ACTION", 1),
        (cancel_waiting, "cancelled", None, 0),
        (lose_worker_twice, "failed", "WORKER_LOST", 2),
        (expire, "failed", "EXPIRED", 0),
        (cancel_after_an_error, "cancelled", None, 1),
    ],
)
def test_every_end_sends_one_signal_whoever_writes_it(
    heard: Heard, end: Callable[[], UUID], status: str, code: str | None, starts: int
) -> None:
    request_id = end()
    assert log_of(request_id)[-1].is_final
    assert heard.names(request_id) == ["submitted", *["started"] * starts, "finished"]
    facts = heard.facts("finished")
    assert (facts["status"], facts["error_code"], facts["attempt"]) == (status, code, starts)
    assert (facts["sender"] is None) == (facts["action"] not in all_handlers())


@pytest.mark.usefixtures("own_storage")
def test_a_result_that_is_known_already_is_submitted_and_then_finished(heard: Heard) -> None:
    handler = all_handlers()["zoo_kept"]
    ids = list[UUID]()
    for _ in range(2):
        found = look_up(handler, handler.parse({}), tenant_id="acme", user_id="alice", fresh=False)
        ids.append(store(make_submission("zoo_kept", cache_key=found.key, cached=found.outcome)))
        if found.outcome is None:
            run_next()
    assert row_of(ids[1]).cached_from == ids[0]
    assert heard.names(ids[1]) == ["submitted", "finished"]


def test_every_attempt_sends_one_signal(heard: Heard) -> None:
    request_id = submit("zoo_second_time")
    run_next()
    change(request_id, available_at=timezone.now())
    run_next()
    assert heard.names(request_id) == ["submitted", "started", "started", "finished"]
    assert [facts["attempt"] for name, facts in heard.calls if name == "started"] == [1, 2]


# --- what is and is not told -----------------------------------------------------------------------------------------


def test_a_rollback_sends_nothing(heard: Heard) -> None:
    with suppress(ZeroDivisionError), transaction.atomic():
        cancel_waiting()
        claim_me = submit()
        assert claim().request_id == claim_me
        assert heard.calls == []
        raise ZeroDivisionError
    assert heard.calls == [] and not AsyncRequest.objects.exists()


def test_nothing_is_sent_before_the_commit(heard: Heard) -> None:
    with transaction.atomic():
        request_id = cancel_waiting()
        assert heard.calls == []
    assert heard.names(request_id) == ["submitted", "finished"]


def test_a_repeated_key_is_told_once(heard: Heard) -> None:
    submit_many([make_submission(client_id="one"), make_submission(client_id="one")])
    submit_many([make_submission(client_id="one")])
    assert [name for name, _ in heard.calls] == ["submitted"]


def test_what_sockets_submit_is_told_too(heard: Heard) -> None:
    outcome: Any = SubmissionWriter().submit(make_submission()).result(10)
    assert heard.names(outcome.request_id) == ["submitted"]


def test_a_retry_is_told_as_the_new_request_it_is(heard: Heard) -> None:
    old = fail()
    new = retry(old)
    assert heard.names(new) == ["submitted"]
    assert heard.names(old) == ["submitted", "started", "finished"]


def test_shares_of_a_bulk_are_part_of_it(heard: Heard) -> None:
    bulk = submit_bulk(ECHO, echoes(1))
    invite(bulk, {"operation": ECHO, "on_error": "continue"}, 1)
    share = AsyncRequest.objects.get(parent_id=bulk).id
    assert {claim().request_id, claim().request_id} == {bulk, share}
    change(share, status=Status.PENDING)
    request_cancel(share)
    assert log_of(share)[-1].is_final
    assert heard.names(share) == [] and heard.names(bulk) == ["submitted", "started"]


# --- receivers -------------------------------------------------------------------------------------------------------


def test_receivers_that_raise_do_no_harm(broken: None, heard: Heard, caplog: pytest.LogCaptureFixture) -> None:
    request_id = submit("zoo_count", updates=1)
    assert run_next().status == Status.COMPLETED
    assert heard.names(request_id) == ["submitted", "started", "finished"]
    failures = [record for record in caplog.records if "a bug of the receiver" in record.getMessage()]
    assert [record.levelname for record in failures] == ["ERROR"] * 3


def test_a_receiver_that_breaks_its_transaction_breaks_nothing_else(heard: Heard) -> None:
    def collides(**facts: Any) -> None:
        AsyncRequest.objects.create(id=facts["request_id"])

    request_submitted.connect(collides)
    try:
        with transaction.atomic():
            first = submit()
        second = submit()
    finally:
        request_submitted.disconnect(collides)
    assert row_of(first).status == row_of(second).status == Status.PENDING


def test_a_receiver_may_submit_the_next_request(heard: Heard) -> None:
    follow_up = list[UUID]()

    def chain(**facts: Any) -> None:
        follow_up.append(submit("zoo_permanent"))

    request_finished.connect(chain, sender=Count)
    try:
        submit("zoo_count", updates=1)
        run_next()
    finally:
        request_finished.disconnect(chain, sender=Count)
    assert heard.names(follow_up[0]) == ["submitted"] and claim().request_id == follow_up[0]


def test_without_receivers_nothing_is_read_for_them(heard: Heard) -> None:
    count_queries()  # the first one also learns how long the action takes
    with_receivers = count_queries()
    for signal in NAMES.values():
        signal.disconnect(heard.receive)
    # Each of the two events has its facts read.
    assert count_queries() == with_receivers - 2


def count_queries() -> int:
    with CaptureQueriesContext(connection) as queries:
        submit()
        request_id = claim().request_id
        change(request_id, status=Status.RETRYING)
        request_cancel(request_id)
    return len(queries)
