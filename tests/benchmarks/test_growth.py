"""The history of the benchmark is one that Streamer could have written; no operation costs more the longer it is."""

from collections.abc import Iterator

import pytest
from django.db import connection

from benchmarks.growth_operations import Measured
from benchmarks.history import ACTIONS, TENANT, USER, fill
from jobs.doctor import examine, log, rows
from jobs.doctor.scope import Scope
from jobs.models import AsyncRequest, RequestEvent, Status
from jobs.requests.reads import Wanted, list_page, owned_by
from jobs.requests.removal.deletion import Finished, delete_finished
from tests.benchmarks.work import work_of

pytestmark = pytest.mark.django_db(transaction=True)
SHORT = 1_000
LONG = 25_000 if connection.vendor == "postgresql" else 4_000
EVENTS = 3
# The instructions, or rows, by which two runs of the same may differ.
SLACK = 200


def ill() -> list[str]:
    scope = Scope(deep=True)
    return [one.check.name for one in examine([*log.checks(scope), *rows.checks(scope)]) if one.is_ill]


def test_the_history_is_sound() -> None:
    fill(100, 3)
    stored = AsyncRequest.objects.all()
    assert stored.count() == 100 and RequestEvent.objects.count() == 300
    assert not ill()
    assert {row.action for row in stored} == set(ACTIONS)
    assert {row.status for row in stored} == {Status.COMPLETED, Status.FAILED, Status.CANCELLED}
    assert len({row.tenant_id for row in stored}) > 10 and len({row.created_at.date() for row in stored}) >= 7
    page, _ = list_page(owned_by(TENANT, USER), Wanted(status=Status.FAILED), limit=100)
    assert len(page) >= 5 and all(row.finished_at > row.created_at for row in page if row.finished_at)


def test_a_log_may_be_as_short_as_its_final_event() -> None:
    fill(10, 1)
    assert not ill()


def refill(count: int) -> None:
    RequestEvent.objects.all().delete()
    AsyncRequest.objects.all().delete()
    fill(count, EVENTS)


@pytest.fixture(autouse=True)
def as_if_tables_were_large() -> Iterator[None]:
    """PostgreSQL reads all of a table, or an index, where that is cheaper: here, but not where it matters."""
    names = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin") if connection.vendor == "postgresql" else ()
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"SET {name} = off")
        yield
        for name in names:
            cursor.execute(f"RESET {name}")


def works() -> dict[str, int]:
    measured = Measured()
    found = {}
    for name, run in measured.operations().items():
        run()  # the first run may fill caches
        found[name] = work_of(run)
    measured.tidy()
    return found


def test_no_operation_costs_more_the_longer_the_history_is(monkeypatch: pytest.MonkeyPatch) -> None:
    # Lower than each list of the short history is long.
    monkeypatch.setattr("jobs.admin.listing.pages.MAX_LISTED", 60)
    refill(SHORT)
    short = works()
    refill(LONG)
    long = works()
    grown = {name: (short[name], long[name]) for name in short if long[name] > 1.3 * short[name] + SLACK}
    assert not grown


def test_to_delete_a_slice_costs_no_more_the_longer_the_history_is() -> None:
    costs = []
    for count in (SHORT, LONG):
        refill(count)
        oldest = AsyncRequest.objects.order_by("finished_at")[:50]
        doomed = [Finished(id=row.id, last_seq=row.last_seq) for row in oldest]
        costs.append(work_of(lambda doomed=doomed: delete_finished(doomed)))  # type: ignore[misc]
    assert costs[1] <= 1.3 * costs[0] + SLACK
