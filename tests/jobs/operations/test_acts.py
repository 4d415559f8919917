"""An act goes on to its last request, once each, whichever process carries it on, and can be stopped."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from jobs.models import AsyncRequest, OperatorAct, Status
from jobs.operations import acts
from jobs.operations.acts import Actor, begin, carry_on, carry_on_all, stop
from jobs.operations.selection import Selection
from jobs.operations.tally import Tally
from jobs.operations.verbs import VERBS
from tests.jobs.admin.pages import make_request

pytestmark = pytest.mark.django_db(transaction=True)

OLGA = Actor(name="olga", key="1")


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acts, "SLICE", 2)
    monkeypatch.setattr(acts, "READ", 3)
    monkeypatch.setattr(acts, "WITNESSES", [])


def begun(verb: str, **conditions: Any) -> OperatorAct:
    return begin(VERBS[verb], Selection(**conditions), OLGA)


def row_of(act: OperatorAct) -> OperatorAct:
    return OperatorAct.objects.get(id=act.id)


def test_it_works() -> None:
    rows = [make_request() for _ in range(5)]
    other = make_request(Status.COMPLETED)
    act = begun("cancel", tenant="acme")
    assert [str(tally) for tally in carry_on(act.id)] == ["2 cancelled", "2 cancelled", "cancelled"]
    done = row_of(act)
    assert done.counts == {"cancelled": 5} and done.finished_at is not None and done.lease_until is None
    assert done.actor == "olga" and done.target.startswith("tenant acme, created before ")
    assert set(AsyncRequest.objects.filter(status="cancelled").values_list("id", flat=True)) == {r.id for r in rows}
    other.refresh_from_db()
    assert other.status == Status.COMPLETED and list(carry_on(act.id)) == []


def test_the_sweeper_goes_on_from_where_it_was_left() -> None:
    for number in range(7):
        make_request(Status.FAILED, payload={"format": "pdf" if number % 2 else "csv"})
    act = begun("replay", argument="format=pdf")
    next(carry_on(act.id, 0.0))
    assert row_of(act).finished_at is None
    while row_of(act).finished_at is None:
        assert carry_on_all(timezone.now(), 0.0) > 0
    # Its own new requests have the same payload, and are not run again.
    made = AsyncRequest.objects.filter(redo_of__isnull=False)
    assert row_of(act).counts == {"submitted": 3} and made.count() == 3 == made.values("redo_of").distinct().count()
    assert sorted(row_of(act).made) == sorted(str(one.id) for one in made)


def test_a_step_that_broke_off_is_done_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        make_request(Status.FAILED)
    act = begun("retry", status="failed")

    def fail(act: OperatorAct, tally: Tally) -> None:
        monkeypatch.setattr(acts, "WITNESSES", [])
        raise OSError("the process dies")

    monkeypatch.setattr(acts, "WITNESSES", [fail])
    with pytest.raises(OSError, match="dies"):
        list(carry_on(act.id))
    assert row_of(act).counts == {} and not AsyncRequest.objects.filter(redo_of__isnull=False).exists()
    list(carry_on(act.id))
    assert row_of(act).counts == {"submitted": 3} and AsyncRequest.objects.filter(redo_of__isnull=False).count() == 3


def test_only_one_process_carries_an_act_on_until_its_lease_ends() -> None:
    for _ in range(3):
        make_request()
    act = begun("cancel", status="live")
    mine = carry_on(act.id)
    next(mine)
    assert list(carry_on(act.id)) == [] and carry_on_all(timezone.now()) == 0
    OperatorAct.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    list(carry_on(act.id))
    assert list(mine) == []
    assert row_of(act).counts == {"cancelled": 3}


def test_a_stopped_act_does_no_more() -> None:
    for _ in range(3):
        make_request()
    act = begun("cancel", status="live")
    next(carry_on(act.id, 0.0))
    assert stop(act.id) and not stop(act.id)
    assert carry_on_all(timezone.now()) == 0 and list(carry_on(act.id)) == []
    assert row_of(act).is_stopped and AsyncRequest.objects.filter(status="pending").count() == 1


def test_an_act_of_a_command_that_died_is_ended_and_not_carried_on() -> None:
    make_request()
    command = Actor(name="olga@host", via="command")
    act = begin(VERBS["cancel"], Selection(status="live"), command)
    assert carry_on_all(timezone.now()) == 0 and row_of(act).finished_at is None
    OperatorAct.objects.update(begun_at=timezone.now() - timedelta(minutes=5))
    carry_on_all(timezone.now())
    assert row_of(act).is_stopped and AsyncRequest.objects.get().status == Status.PENDING


def test_an_act_that_always_fails_is_stopped() -> None:
    act = begun("cancel", status="live")
    OperatorAct.objects.update(selection={"nonsense": 1})
    carry_on_all(timezone.now())
    assert row_of(act).is_stopped


def test_those_that_were_named_are_each_accounted_for() -> None:
    rows = [make_request(status) for status in (Status.PENDING, Status.COMPLETED, Status.FAILED)]
    gone = make_request()
    ids = [*(row.id for row in rows), gone.id]
    gone.delete()
    act = begun("cancel", ids=ids)
    list(carry_on(act.id))
    wanted = {"cancelled": 1, "already completed": 1, "already failed": 1, "gone": 1}
    assert row_of(act).counts == wanted and row_of(act).target == "4 chosen requests"
