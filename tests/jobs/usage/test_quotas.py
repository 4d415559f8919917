"""The daily quotas: above one, a tenant's requests are refused until midnight UTC, and nothing is stored."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from jobs.data.datasets.adding import Wish, check_room
from jobs.handler import DailyQuotaUsedUp, submit
from jobs.models import AsyncRequest, TenantQuota
from jobs.requests.submission import Accepted, Refused, submit_many
from jobs.usage.daily import Use, add_use
from jobs.usage.quotas import QuotaUsedUp, daily_room, default_quota
from tests.jobs.building import make_submission, store

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("midday")]


def kinds(outcomes: list[Accepted | Refused]) -> list[type]:
    return [type(outcome) for outcome in outcomes]


def test_it_works(settings: Settings, midday: datetime) -> None:
    settings.STREAMER_DAILY_REQUESTS = 2
    outcomes = submit_many([make_submission() for _ in range(3)])
    assert kinds(outcomes) == [Accepted, Accepted, Refused] and AsyncRequest.objects.count() == 2
    (refused,) = submit_many([make_submission()])
    assert isinstance(refused, Refused)
    error = refused.error
    midnight = midday + timedelta(hours=12)
    assert (error["code"], error["retryable"]) == ("RATE_LIMITED", True)
    details = {"quota": "requests", "limit": 2, "used": 2, "resets_at": midnight.timestamp()}
    assert error["details"] == details
    assert error["retry_after"] == pytest.approx(midnight.timestamp() - timezone.now().timestamp(), abs=5)
    assert kinds(submit_many([make_submission(tenant="other")])) == [Accepted]


def test_a_request_that_was_accepted_before_is_attached_all_the_same(settings: Settings) -> None:
    store(make_submission(client_id="a"))
    settings.STREAMER_DAILY_REQUESTS = 1
    (again,) = submit_many([make_submission(client_id="a")])
    assert isinstance(again, Accepted) and again.duplicate


@pytest.mark.parametrize(
    ("name", "setting", "use"),
    [
        ("worker_seconds", "STREAMER_DAILY_WORKER_SECONDS", Use(worker_seconds=60.0)),
        ("bytes_written", "STREAMER_DAILY_BYTES", Use(bytes_written=60)),
    ],
)
def test_what_runs_have_used_counts_too(settings: Settings, name: str, setting: str, use: Use) -> None:
    add_use({"acme": use})
    setattr(settings, setting, 70)
    assert kinds(submit_many([make_submission()])) == [Accepted]
    setattr(settings, setting, 60)
    (refused,) = submit_many([make_submission()])
    assert isinstance(refused, Refused) and refused.error["details"]["quota"] == name


def test_yesterday_counts_no_more(settings: Settings) -> None:
    settings.STREAMER_DAILY_REQUESTS = 1
    now = timezone.now()
    add_use({"acme": Use(requests=5)}, now - timedelta(days=1))
    assert daily_room(["acme"], [], now).refusal("acme", 1) is None
    add_use({"acme": Use(requests=5)}, now)
    assert daily_room(["acme"], [], now).refusal("acme", 1)
    assert daily_room(["acme"], [], now + timedelta(days=1)).refusal("acme", 1) is None


def test_a_tenant_may_have_quotas_of_its_own(settings: Settings) -> None:
    settings.STREAMER_DAILY_REQUESTS = 1
    TenantQuota.objects.create(tenant_id="acme", requests=3)
    TenantQuota.objects.create(tenant_id="free", requests=0, bytes_written=1)
    outcomes = submit_many([make_submission(tenant=tenant) for tenant in ("acme", "other") * 4])
    assert [type(outcome) is Accepted for outcome in outcomes] == [True, True, True, False, True, False, False, False]
    (refused,) = submit_many([make_submission(tenant="free")])
    assert isinstance(refused, Refused) and refused.error["details"]["quota"] == "bytes_written"


def test_python_code_is_told_which_quota(settings: Settings) -> None:
    settings.STREAMER_DAILY_REQUESTS = 1
    owner: Any = {"user_id": "alice", "tenant_id": "acme", "unlimited": True}
    submit("zoo_count", **owner)
    with pytest.raises(DailyQuotaUsedUp) as caught:
        submit("zoo_count", **owner)
    assert caught.value.quota == "requests"


def test_uploads_are_refused_by_the_quota_of_bytes(settings: Settings, tmp_path: Path) -> None:
    settings.STREAMER_DAILY_BYTES = 100
    check_room("acme", Wish())
    add_use({"acme": Use(bytes_written=100)})
    with pytest.raises(QuotaUsedUp) as caught:
        check_room("acme", Wish())
    assert caught.value.body()["details"]["quota"] == "bytes_written" and caught.value.body()["retry_after"] > 0


def test_without_quotas_nothing_is_asked() -> None:
    assert default_quota() == Use()
    with CaptureQueriesContext(connection) as queries:
        daily_room(["acme", "other"], [], timezone.now())
    assert len(queries) == 0
