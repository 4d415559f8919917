"""Limits of operators: they hold in place of the usual ones, exactly, and until they are removed."""

import pytest
from pytest_django import Settings

from jobs.models import AsyncRequest, LimitKind, LimitOverride, Status
from jobs.queue.claims import claim_next
from jobs.queue.control import overrides
from jobs.queue.control.changes import NotLimited, WrongLimit, remove_limit, set_limit
from jobs.queue.waits import waits_of, why_waiting
from jobs.queue.wakeups import waiting_rings
from tests.jobs.building import QUEUES, Threads, claim, make_submission, row_of, store
from tests.jobs.queue.workers import register_many

pytestmark = pytest.mark.django_db(transaction=True)


def start_all() -> int:
    """Claim until nothing may start any more. Return the number of claims."""
    count = 0
    while claim_next(QUEUES, worker="") is not None:
        count += 1
    return count


def store_many(number: int, **fields: str) -> None:
    for one in range(number):
        store(make_submission(**{"tenant": f"tenant {one}", "user": f"user {one}", **fields}))


def test_it_works() -> None:
    store_many(4)
    store_many(2, queue="reports")
    row = set_limit(LimitKind.QUEUE, "default", 3, reason="the warehouse is slow", set_by="dora")
    assert (row.number, row.reason, row.set_by) == (3, "the warehouse is slow", "dora")
    assert start_all() == 5, "three of the one queue, all of the other"
    set_limit(LimitKind.QUEUE, "default", 4)
    assert start_all() == 1


def test_threads_together_never_exceed_the_limit_of_a_queue() -> None:
    store_many(8)
    set_limit(LimitKind.QUEUE, "default", 3)
    with Threads(*[lambda: claim_next(QUEUES, worker="")] * 6):
        pass
    start_all()
    assert AsyncRequest.objects.filter(status=Status.PROCESSING).count() == 3


@pytest.mark.parametrize(
    ("kind", "name", "fields"),
    [
        (LimitKind.ACTION, "zoo_count", {}),
        (LimitKind.TENANT, "acme", {"tenant": "acme"}),
        (LimitKind.TENANT, "", {"tenant": "acme"}),
        (LimitKind.USER, "", {"tenant": "acme", "user": "alice"}),
    ],
)
def test_each_kind_holds_and_can_be_removed(kind: LimitKind, name: str, fields: dict[str, str]) -> None:
    store_many(4, **fields)
    set_limit(kind, name, 2)
    assert start_all() == 2
    remove_limit(kind, name)
    assert start_all() == 2 and not LimitOverride.objects.exists()


def test_a_limit_may_be_higher_than_the_usual_one(settings: Settings) -> None:
    settings.STREAMER_MAX_RUNNING_PER_TENANT = 1
    store_many(3, tenant="acme")
    store_many(3, tenant="other")
    set_limit(LimitKind.TENANT, "acme", 3)
    assert start_all() == 4


def test_limits_on_keys_are_overridden() -> None:
    for number in range(4):
        store(make_submission("zoo_outside", limit_key="crm-api", payload={"service": "crm-api"}, user=f"{number}"))
    assert start_all() == 2, "as the handler says"
    set_limit(LimitKind.KEY_RUNNING, "zoo_outside", 3)
    assert start_all() == 1


def test_who_waits_is_told() -> None:
    register_many(1)
    store_many(1)
    claim()
    waiting = store(make_submission())
    set_limit(LimitKind.QUEUE, "default", 1)
    told = why_waiting(row_of(waiting))
    assert told is not None and told.get("reason") == "queue_limit"
    assert waits_of([waiting])[waiting].get("reason") == "queue_limit"


def test_what_a_higher_limit_lets_start_is_rung_for() -> None:
    store(make_submission(queue="ml"))
    before = waiting_rings("ml")
    set_limit(LimitKind.QUEUE, "ml", 1)
    assert waiting_rings("ml") >= max(1, before)


def test_another_process_knows_of_a_change_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    assert overrides.live_overrides().of_queue("default") is None
    LimitOverride.objects.create(kind=LimitKind.QUEUE, name="default", number=2)  # as another process does
    assert overrides.live_overrides().of_queue("default") is None
    monkeypatch.setattr(overrides, "_read_until", 0.0)  # the second is over
    assert overrides.live_overrides().of_queue("default") == 2


def test_only_what_there_is_can_be_limited() -> None:
    for kind, name, number in (
        (LimitKind.QUEUE, "nope", 1),
        (LimitKind.ACTION, "nope", 1),
        (LimitKind.USER, "alice", 1),
        (LimitKind.QUEUE, "default", 0),
    ):
        with pytest.raises(WrongLimit):
            set_limit(kind, name, number)
    with pytest.raises(NotLimited):
        remove_limit(LimitKind.QUEUE, "default")
