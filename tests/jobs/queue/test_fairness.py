"""One tenant's flood and another's single request: which are claimed, over a real database, without processes."""

from uuid import UUID

import pytest
from django.utils import timezone
from pytest_django import Settings

from jobs.models import AsyncRequest, Status
from jobs.queue.claims import Claim
from jobs.queue.waits import waits_of
from jobs.requests.submission import submit_many
from tests.jobs.building import change, claim, make_submission, store

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS = 4


def flood(number: int, *, users: int = 20, priority: int = 0) -> None:
    """Store ``number`` waiting requests of the tenant ``acme``, by as many users as its limits ask for."""
    submissions = [make_submission(user=f"user {n % users}", priority=priority) for n in range(number)]
    submit_many(submissions)
    assert AsyncRequest.objects.filter(status=Status.PENDING, tenant_id="acme").count() == number


def busy_workers() -> list[Claim]:
    """Have every worker run one request of the flood."""
    return [claim(f"worker {number}") for number in range(WORKERS)]


def finish(claimed: Claim) -> None:
    change(
        claimed.request_id,
        status=Status.COMPLETED,
        finished_at=timezone.now(),
        lease_until=None,
        attempt_token=None,
    )


def wait_of(request_id: UUID) -> int:
    return waits_of([request_id])[request_id]["ahead"]


@pytest.mark.parametrize("priority", [0, 3600])
def test_a_thousand_of_one_tenant_delay_one_of_another_by_no_more_than_what_runs(priority: int) -> None:
    flood(1_000, priority=priority)
    running = busy_workers()
    single = store(make_submission(tenant="other", user="charlie"))
    finish(running[2])  # whichever worker is the first to be free
    assert claim().request_id == single


def test_a_single_worker_too_leaves_the_flood_for_the_other_tenant() -> None:
    """Whenever it looks, nobody has anything running."""
    flood(100)
    running = claim()
    single = store(make_submission(tenant="other", user="charlie"))
    finish(running)
    assert wait_of(single) == 0
    running = claim()
    assert running.request_id == single
    finish(running)
    assert claim().tenant_id == "acme"


def test_a_single_worker_serves_each_of_several_floods_in_turn() -> None:
    flood(60)
    submit_many([make_submission(tenant="second", user=f"user {n}") for n in range(60)])
    single = store(make_submission(tenant="third", user="charlie"))
    served = []
    for _ in range(7):
        claimed = claim()
        served.append(claimed.tenant_id)
        finish(claimed)
    assert served == ["acme", "second", "third", "acme", "second", "acme", "second"]
    assert AsyncRequest.objects.get(id=single).status == Status.COMPLETED


def test_each_further_one_of_the_other_tenant_comes_as_soon_until_both_run_as_many() -> None:
    flood(1_000)
    running = busy_workers()
    singles = [store(make_submission(tenant="other", user="charlie")) for _ in range(4)]
    tenants = []
    for claimed in running:
        finish(claimed)
        tenants.append(claim().tenant_id)
    # With two of four workers each has its half; of equals the older request comes first, and that is the flood's.
    assert tenants == ["other", "other", "acme", "acme"]
    assert AsyncRequest.objects.filter(id__in=singles, status=Status.PROCESSING).count() == 2


def test_tenants_that_flood_at_once_have_equal_shares(settings: Settings) -> None:
    settings.STREAMER_MAX_RUNNING_PER_USER = settings.STREAMER_MAX_RUNNING_PER_TENANT = 1_000
    flood(600)
    submit_many([make_submission(tenant=f"tenant {n % 3}", user=f"user {n % 3}") for n in range(60)])
    claimed = [claim().tenant_id for _ in range(40)]
    assert {claimed.count(tenant) for tenant in ("acme", "tenant 0", "tenant 1", "tenant 2")} == {10}
