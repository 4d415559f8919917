"""Illnesses of requests, waiting or not, and of connections."""

import uuid

import pytest
from django.db import connection as database
from django.utils import timezone
from pytest_django import Settings

from jobs.doctor import all_checks, examine, waiting
from jobs.log.endings import Ending
from jobs.log.outcomes import CancelledOutcome
from jobs.models import RequestEvent, Status
from jobs.queue.wakeups import waiting_rings
from realtime.models import Connection
from tests.jobs.building import change, claim, final_of, row_of, submit
from tests.jobs.doctor.illness import HOUR, ago, completed, found, ill, mended, sweeper_lives

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_storage", "own_scratch")]


def test_a_final_request_without_an_end() -> None:
    request_id = completed()
    change(request_id, finished_at=None)
    assert mended("final-time") == "set the end of 1 to the time of the final event"
    last = RequestEvent.objects.get(request_id=request_id, type="complete")
    assert row_of(request_id).finished_at == last.created_at


@pytest.mark.parametrize("column", ["lease_until", "attempt_token"])
def test_a_finished_request_that_is_still_owned(column: str) -> None:
    request_id = completed()
    change(request_id, **{column: timezone.now() if column == "lease_until" else uuid.uuid4()})
    assert mended("owned-by-nobody") == "cleared lease and token of 1"


def test_a_running_request_without_a_lease() -> None:
    request_id = submit()
    claim()
    change(request_id, lease_until=None)
    assert mended("running-owner") == "gave a lease to 1"
    assert row_of(request_id).lease_until > timezone.now()


def test_a_running_request_without_a_token_has_no_remedy() -> None:
    request_id = submit()
    claim()
    change(request_id, attempt_token=None)
    assert found("running-owner") == (str(request_id),)
    assert "running-owner" in ill(fix=True)


def test_an_ending_that_waits_for_a_worker_is_healthy_until_its_time_is_over() -> None:
    request_id = submit()
    claim()
    change(request_id, **Ending.of(CancelledOutcome(mode="killed", seconds=1.0)).queued())
    sweeper_lives()
    assert not ill(fix=True)
    change(request_id, ending_until=ago(HOUR))
    assert mended("overdue-endings") == "applied the sweeper's rule 'overdue endings' to 1"
    assert row_of(request_id).status == Status.CANCELLED and not ill()


def test_a_lease_that_ran_out_is_a_finding_only_while_a_sweeper_lives() -> None:
    request_id = submit()
    claim()
    change(request_id, lease_until=ago(HOUR))
    assert not ill()
    (silent,) = (one for one in examine(all_checks()) if one.check.name == "overdue-leases")
    assert "no sweeper" in silent.not_examined
    sweeper_lives()
    assert mended("overdue-leases") == "applied the sweeper's rule 'lost attempts' to 1"
    assert row_of(request_id).status == Status.RETRYING


def test_a_request_that_expired_long_ago() -> None:
    request_id = submit()
    change(request_id, expires_at=ago(HOUR))
    sweeper_lives()
    mended("overdue-expiries")
    assert final_of(request_id)["error"]["code"] == "EXPIRED"


def test_a_missing_constraint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(database.introspection), "get_constraints", lambda *_: {})
    assert found("client-ids") == ("no constraint one_request_per_client_id",)


def test_a_request_that_nobody_was_woken_for() -> None:
    request_id = submit()
    assert not ill()
    change(request_id, available_at=ago(HOUR))
    assert mended("forgotten") == "applied the sweeper's rule 'lost rings' to 1"
    assert waiting_rings("default") == 1


def test_one_that_waits_for_a_busy_fleet_or_its_users_own_turn_is_healthy(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    change(submit(), available_at=ago(HOUR))
    busy = [_Worker("one", "busy"), _Worker("other", "busy")]
    monkeypatch.setattr(waiting.Worker, "all", lambda **_: busy)
    assert not ill()
    busy.append(_Worker("idle", "idle"))
    assert "forgotten" in ill()
    settings.STREAMER_MAX_RUNNING_PER_USER = 1
    claim()
    change(submit(), available_at=ago(HOUR))
    assert not ill()


class _Worker:
    def __init__(self, name: str, state: str) -> None:
        self.name, self.get_state = name, lambda: state

    def queue_names(self) -> list[str]:
        return ["default"]


def test_a_queue_that_is_not_configured() -> None:
    request_id = submit()
    change(request_id, queue="closed")
    assert found("unknown-queue") == (str(request_id),)


def test_a_cancelled_request_that_waits() -> None:
    request_id = submit()
    change(request_id, cancel_requested_at=ago(HOUR))
    assert mended("cancelled-but-waiting") == "cancelled 1"
    assert row_of(request_id).status == Status.CANCELLED


def test_a_connection_that_only_looks_open() -> None:
    row = Connection.objects.create(tenant_id="acme", user_id="alice", server="gone", last_seen_at=ago(HOUR))
    assert mended("silent-connections") == "applied the sweeper's rule 'dead connections' to 1"
    row.refresh_from_db()
    assert row.close_reason == "server_lost"
