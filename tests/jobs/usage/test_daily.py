"""The use of each tenant and day: counted with what it counts, once, whoever adds it up when."""

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st
from pytest_django import Settings

from jobs.execution.runner import Runner
from jobs.log.events import NotOwner, append
from jobs.models import AsyncRequest, DailyUsage, RequestEvent, StoredBytes, UsageEntry
from jobs.queue.claims import Claim, claim_next
from jobs.requests.cancellation import request_cancel
from jobs.requests.submission import submit_many
from jobs.sweeper.rules import recover_lost_attempts
from jobs.usage.daily import Use, add_use, day_of, delete_old_usage, settle_usage, usage_by_day
from jobs.usage.stored import used_bytes
from tests.jobs.building import Threads, change, claim, make_submission, never, run_next, store, submit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_storage")]
DAY = date(2026, 5, 17)


def use_of(tenant: str = "acme") -> Use:
    """Return all that the tenant used, on whatever days: a test may run at midnight."""
    total = Use()
    for one in usage_by_day(tenant):
        total = Use(**{name: getattr(total, name) + getattr(one.use, name) for name in vars(total)})
    return total


def use_on(day: date, tenant: str = "acme") -> Use:
    return next((one.use for one in usage_by_day(tenant, day, day)), Use())


def test_it_works() -> None:
    submit_many([make_submission(tenant=tenant, payload={"a": 1}) for tenant in ("acme", "acme", "other")])
    assert use_of() == Use(requests=2, bytes_written=2 * len('{"a":1}{}')) and use_of("other").requests == 1
    run_next()
    assert use_of().worker_seconds > 0 and use_of().bytes_written == used_bytes(["acme"])["acme"]


def test_what_was_there_before_and_what_a_limit_refused(settings: Settings) -> None:
    settings.STREAMER_MAX_WAITING_PER_USER = 1
    submit_many([make_submission(client_id="a"), make_submission(client_id="a")])
    submit_many([make_submission(client_id="a"), make_submission(client_id="a", payload={"updates": 2})])
    submit_many([make_submission(), make_submission()])
    assert (use_of().requests, use_of().refused) == (1, 2)


def test_nothing_of_a_transaction_that_is_rolled_back_is_counted() -> None:
    with transaction.atomic():
        submit()
        transaction.set_rollback(True)
    assert use_of() == Use()


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("zoo_count", {}),
        ("zoo_big_result", {}),
        ("zoo_file", {}),
        ("zoo_permanent", {}),
        ("zoo_crash", {}),
        ("zoo_partials", {"count": 3}),
        ("zoo_outside", {"again": True}),
    ],
)
def test_every_end_of_an_attempt_counts_its_time_and_bytes_once(action: str, payload: dict[str, Any]) -> None:
    store(make_submission(action, payload=payload))
    before = use_of().bytes_written
    run_next()
    assert use_of().worker_seconds > 0
    assert use_of().bytes_written - before == used_bytes(["acme"])["acme"] - before
    if action == "zoo_outside":
        seconds = use_of().worker_seconds
        AsyncRequest.objects.update(available_at=timezone.now())
        assert run_next().status == "completed" and use_of().worker_seconds > seconds


def test_an_attempt_that_lost_its_request_counts_nothing_and_its_time_counts_to_the_end_of_the_lease() -> None:
    request_id = submit()
    claimed = claim()
    now = timezone.now()
    change(request_id, attempt_started_at=now - timedelta(seconds=60), lease_until=now - timedelta(seconds=20))
    assert recover_lost_attempts(now) == 1
    assert use_of().worker_seconds == pytest.approx(40)
    Runner(claimed, end_process=never).run()  # a zombie
    assert use_of().worker_seconds == pytest.approx(40)


def test_a_request_that_never_ran_has_used_no_worker() -> None:
    request_cancel(submit())
    assert use_of().worker_seconds == 0 and use_of().requests == 1


def test_an_append_that_is_fenced_off_counts_nothing() -> None:
    request_id = submit()
    claimed = claim()
    RequestEvent.objects.filter(request_id=request_id).delete()
    change(request_id, attempt=7)
    with pytest.raises(NotOwner):
        append(request_id, [], where=claimed.fence, changes={}, spent=None)
    assert use_of().worker_seconds == 0


def test_days_are_those_of_utc() -> None:
    for hour, zone in ((23, UTC), (1, timezone.get_fixed_timezone(timedelta(hours=2)))):
        add_use({"acme": Use(requests=1)}, datetime(2026, 5, 17 + (zone is not UTC), hour, 30, tzinfo=zone))
    assert use_on(DAY).requests == 2


def test_sweepers_at_once_add_each_entry_once() -> None:
    for _ in range(50):
        add_use({"acme": Use(requests=1, worker_seconds=0.5), "other": Use(refused=1)})
    with Threads(*[settle_usage] * 3):
        pass
    settle_usage()
    assert use_of() == Use(requests=50, worker_seconds=25.0) and use_of("other").refused == 50
    assert not UsageEntry.objects.exists() and DailyUsage.objects.count() in (2, 4)


def test_old_days_go(settings: Settings) -> None:
    settings.STREAMER_USAGE_DAYS = 30
    now = datetime(2026, 5, 17, 12, tzinfo=UTC)
    for days in (0, 30, 31, 400):
        add_use({"acme": Use(requests=1)}, now - timedelta(days=days))
    settle_usage()
    assert delete_old_usage(now) == 2 and [one.day for one in usage_by_day()] == [DAY - timedelta(days=30), DAY]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("submit"), st.lists(st.sampled_from(["acme", "other"]), min_size=1, max_size=4)),
        st.tuples(st.just("run"), st.sampled_from(["zoo_count", "zoo_partials", "zoo_permanent", "zoo_outside"])),
        st.tuples(st.just("settle"), st.none()),
        st.tuples(st.just("refuse"), st.sampled_from(["acme", "other"])),
    ),
    max_size=8,
)


@profile(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_the_sums_are_those_of_a_plain_count_whenever_they_are_added_up(
    settings: Settings, steps: list[tuple[str, Any]]
) -> None:
    for model in (RequestEvent, AsyncRequest, StoredBytes, UsageEntry, DailyUsage):
        model._default_manager.all().delete()
    requests, refused = Counter[str](), Counter[str]()
    for step, value in steps:
        if step == "submit":
            submit_many([make_submission(tenant=tenant, queue="ml") for tenant in value])
            requests.update(value)
        elif step == "run":
            store(make_submission(value, payload={"again": True} if value == "zoo_outside" else {}))
            requests["acme"] += 1
            claimed = claim_of_default()
            Runner(claimed, end_process=never).run()
            AsyncRequest.objects.filter(id=claimed.request_id, status="retrying").update(available_at=_later())
        elif step == "refuse":
            settings.STREAMER_MAX_WAITING_PER_USER = 0
            submit_many([make_submission(tenant=value)])
            settings.STREAMER_MAX_WAITING_PER_USER = 100
            refused[value] += 1
        else:
            settle_usage()
            assert not UsageEntry.objects.exists()
        for tenant in ("acme", "other"):
            found = use_of(tenant)
            assert (found.requests, found.refused) == (requests[tenant], refused[tenant])
            assert found.bytes_written == used_bytes([tenant]).get(tenant, 0)


def claim_of_default() -> Claim:
    claimed = claim_next(["default"], worker="w")
    assert claimed is not None
    return claimed


def _later() -> datetime:
    return timezone.now() + timedelta(days=1)


def test_today_is_a_day_of_utc() -> None:
    assert day_of(datetime(2026, 5, 18, 1, 30, tzinfo=timezone.get_fixed_timezone(timedelta(hours=2)))) == DAY


# --- the command -----------------------------------------------------------------------------------------------------


def printed(*arguments: str) -> str:
    out = StringIO()
    call_command("streamer_usage", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_prints_days_whether_they_are_added_up_or_not() -> None:
    for days, tenant in ((0, "acme"), (1, "acme"), (1, "=other"), (9, "acme")):
        moment = datetime(2026, 5, 17, 12, tzinfo=UTC) - timedelta(days=days)
        add_use({tenant: Use(requests=1234 + days, worker_seconds=1.5)}, moment)
        if days == 1:
            settle_usage()
    assert "1,235" in printed() and "2026-05-08" in printed()
    days_of_acme = json.loads(printed("--json", "--tenant", "acme", "--from", "2026-05-16", "--to", "2026-05-17"))
    assert [(one["day"], one["requests"], one["worker_seconds"]) for one in days_of_acme] == [
        ("2026-05-16", 1235, 1.5),
        ("2026-05-17", 1234, 1.5),
    ]
    # Databases sort a sign before or after letters.
    assert sorted(printed("--csv", "--from", "2026-05-16", "--to", "2026-05-16").splitlines()[1:]) == [
        "'=other,2026-05-16,1235,1.5,0,0",
        "acme,2026-05-16,1235,1.5,0,0",
    ]
    assert printed("--tenant", "nobody") == "Nothing was used on these days\n"


@pytest.mark.parametrize("arguments", [["--from", "yesterday"], ["--from", "2026-05-02", "--to", "2026-05-01"]])
def test_days_that_make_no_sense_are_refused(arguments: list[str]) -> None:
    with pytest.raises(CommandError, match="--from"):
        printed(*arguments)
