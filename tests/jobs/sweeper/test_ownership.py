"""Walks the table of owners and deadlines: whatever is overdue is moved on by the rule the table names."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.conf import settings
from django.utils import timezone

from jobs.log.endings import Ending
from jobs.log.outcomes import CancelledOutcome
from jobs.models import LIVE, AsyncRequest
from jobs.queue.wakeups import connection, waiting_rings
from jobs.sweeper.loop import all_rules
from jobs.sweeper.ownership import CANCEL_REPORT_GRACE, OWNERSHIP, Ownership
from tests.jobs.building import change, claim, row_of, submit

pytestmark = pytest.mark.django_db(transaction=True)
PASSED = timedelta(seconds=3)
CANCEL_GRACE = timedelta(seconds=settings.STREAMER_CANCEL_GRACE_SECONDS)
RULES = {rule.name: rule for rule in all_rules()}


def waiting() -> UUID:
    return submit()


def retrying() -> UUID:
    """Make a request that is between two attempts, in a long pause."""
    request_id = submit("zoo_too_often")
    now = timezone.now()
    change(request_id, status="retrying", attempt=1, started_at=now, available_at=now + timedelta(hours=1))
    return request_id


def ending() -> Ending:
    """Decide the end of a request now. Its time begins to run."""
    return Ending.of(CancelledOutcome(mode="killed", seconds=1.0))


def running() -> UUID:
    request_id = submit()
    claim()
    return request_id


MAKE: dict[str, Callable[[], UUID]] = {"pending": waiting, "retrying": retrying, "processing": running}
# What makes the request overdue in that way and in no other.
OVERDUE: dict[str, Callable[[datetime], dict[str, object]]] = {
    "lost rings": lambda now: {"available_at": now - PASSED},
    "expired requests": lambda now: {"expires_at": now - PASSED},
    "cancelled requests": lambda now: {"cancel_requested_at": now},
    "due retries": lambda now: {"available_at": now - timedelta(seconds=0.5)},
    "overdue retries": lambda now: {"started_at": now - timedelta(days=1)},
    "lost attempts": lambda now: {"lease_until": now - PASSED},
    "overdue cancels": lambda now: {"cancel_requested_at": now - CANCEL_GRACE - CANCEL_REPORT_GRACE - PASSED},
    "waiting endings": lambda now: {**ending().queued(), "available_at": now - PASSED},
    "lost endings": lambda now: {**ending().begun(), "lease_until": now - PASSED},
    "overdue endings": lambda now: {**ending().begun(), "ending_until": now - PASSED},
}
CASES = [(ownership, status) for ownership in OWNERSHIP for status in ownership.statuses]


def is_overdue(ownership: Ownership, request_id: UUID, now: datetime) -> bool:
    rows = AsyncRequest.objects.filter(ownership.overdue(now), id=request_id, status__in=ownership.statuses)
    return rows.exists()


@pytest.mark.parametrize(("ownership", "status"), CASES, ids=[f"{case[0].rule}-{case[1]}" for case in CASES])
def test_what_is_overdue_is_moved_on_by_its_rule(ownership: Ownership, status: str) -> None:
    request_id = MAKE[status]()
    rule = RULES[ownership.rule]
    assert row_of(request_id).status == status
    now = timezone.now()
    assert not is_overdue(ownership, request_id, now)
    change(request_id, **OVERDUE[ownership.rule](now))
    assert [one.rule for one in OWNERSHIP if is_overdue(one, request_id, now)] == [ownership.rule]
    connection().flushdb()  # the ring of the submission
    assert rule.sweep(now) == 1
    if ownership.ends:
        assert row_of(request_id).status != status
    else:
        assert waiting_rings("default") == 1


@pytest.mark.parametrize("status", LIVE)
def test_every_status_that_is_not_final_is_in_the_table(status: str) -> None:
    assert any(status in ownership.statuses for ownership in OWNERSHIP)


def test_a_healthy_request_is_overdue_in_no_way() -> None:
    for make in MAKE.values():
        request_id = make()
        assert not any(is_overdue(ownership, request_id, timezone.now()) for ownership in OWNERSHIP)
