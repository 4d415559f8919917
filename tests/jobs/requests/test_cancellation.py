import uuid
from typing import Any

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.models import Status
from jobs.queue.claims import claim_next
from jobs.requests.cancellation import AlreadyFinished, cancel_on_disconnect, request_cancel
from jobs.requests.reads import NotFound, owned_by
from jobs.sweeper.ownership import CANCELLED_WAITING
from jobs.sweeper.rules import RULES
from tests.jobs.building import QUEUES, Threads, change, claim, final_of, log_of, make_submission, row_of, store, submit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("status", [Status.PENDING, Status.RETRYING])
def test_what_waits_is_cancelled_at_once(status: Status) -> None:
    request_id = submit()
    change(request_id, status=status)
    assert request_cancel(request_id).status == Status.CANCELLED
    data = final_of(request_id)
    assert (data["mode"], data["seconds"], data["success"]) == ("before_start", 0, False)
    assert row_of(request_id).finished_at is not None


def test_what_runs_is_asked_to_stop_and_the_first_wish_counts() -> None:
    request_id = submit()
    claim()
    first = request_cancel(request_id)
    again = request_cancel(request_id)
    assert first.status == again.status == Status.PROCESSING
    assert first.cancel_requested_at is not None and again.cancel_requested_at == first.cancel_requested_at
    assert [event.type for event in log_of(request_id)] == ["started"]


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.FAILED, Status.CANCELLED])
def test_what_has_ended_cannot_be_cancelled(status: Status) -> None:
    request_id = submit()
    change(request_id, status=status)
    with pytest.raises(AlreadyFinished, match=status.value):
        request_cancel(request_id)


def test_what_is_foreign_cannot_be_told_from_what_is_not_there() -> None:
    request_id = submit()
    for owner in (owned_by("acme", "bob"), owned_by("other", "alice")):
        with pytest.raises(NotFound):
            request_cancel(request_id, owner=owner)
    with pytest.raises(NotFound):
        request_cancel(uuid.uuid4(), owner=owned_by("acme", "alice"))
    assert row_of(request_id).status == Status.PENDING
    assert request_cancel(request_id, owner=owned_by("acme", "alice")).status == Status.CANCELLED


def test_of_a_cancel_and_a_claim_at_once_exactly_one_wins_first() -> None:
    for _ in range(10):
        request_id = submit()
        with Threads(lambda: request_cancel(request_id), claim_if_there):  # noqa: B023
            pass
        row = row_of(request_id)
        types = [event.type for event in log_of(request_id)]
        if row.status == Status.CANCELLED:
            assert types == ["cancelled"]
        else:
            assert types == ["started"] and row.cancel_requested_at is not None
            change(request_id, status=Status.CANCELLED)


def claim_if_there() -> None:
    claim_next(QUEUES, worker="")


# --- with the connection ---------------------------------------------------------------------------------------------


def ending_with(connection_id: uuid.UUID, **fields: Any) -> uuid.UUID:
    return store(make_submission(connection_id=connection_id, cancel_on_disconnect=True, **fields))


def test_all_that_ends_with_a_connection_is_cancelled_and_nothing_else() -> None:
    connection_id = uuid.uuid4()
    waits, retries, runs = (ending_with(connection_id) for _ in range(3))
    change(retries, status=Status.RETRYING, attempt=1)
    change(runs, status=Status.PROCESSING, attempt=1)
    stays = [store(make_submission(connection_id=connection_id)), ending_with(uuid.uuid4())]
    assert cancel_on_disconnect(Q(connection_id=connection_id)) == 3
    assert {row_of(one).status for one in (waits, retries)} == {Status.CANCELLED}
    assert final_of(waits)["mode"] == "before_start"
    assert row_of(runs).status == Status.PROCESSING and row_of(runs).cancel_requested_at is not None
    assert [row_of(one).cancel_requested_at for one in stays] == [None, None]


def test_where_nothing_is_left_to_cancel_it_takes_one_statement() -> None:
    connection_id = uuid.uuid4()
    change(ending_with(connection_id), status=Status.COMPLETED, finished_at=timezone.now())
    with CaptureQueriesContext(connection) as queries:
        assert cancel_on_disconnect(Q(connection_id=connection_id)) == 0
    assert len(queries) == 1


def test_what_is_marked_is_ended_by_the_sweeper_if_nobody_else_does() -> None:
    request_id = ending_with(uuid.uuid4())
    change(request_id, cancel_requested_at=timezone.now())
    assert claim_next(QUEUES, worker="one") is None
    (rule,) = [rule for rule in RULES if rule.name == CANCELLED_WAITING.rule]
    assert rule.sweep(timezone.now()) == 1 and row_of(request_id).status == Status.CANCELLED
