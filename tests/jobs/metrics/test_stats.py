"""``streamer_stats`` prints the state of queues and actions, and what came of the latest requests."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.metrics.state import live_state
from jobs.models import AsyncRequest, PausedAction, Status
from tests.jobs.building import make_submission, run_next, store

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_storage")]


def printed(*arguments: str) -> str:
    out = StringIO()
    call_command("streamer_stats", *arguments, stdout=out)
    return out.getvalue()


def action(name: str) -> dict[str, Any]:
    return next(one for one in json.loads(printed("--json"))["actions"] if one["action"] == name)


def test_it_works() -> None:
    store(make_submission("zoo_count"))
    run_next()
    store(make_submission("zoo_permanent"))
    run_next()
    store(make_submission("zoo_count"))
    found = json.loads(printed("--json"))
    assert found["failures"] == {"PROCESSING_FAILED": 1}
    count = action("zoo_count")
    assert (count["waiting"], count["completed"], count["failed"]) == (1, 1, 0) and count["run_p95_seconds"] > 0
    text = printed()
    assert "zoo_permanent" in text and "PROCESSING_FAILED" in text and "oldest waits" in text


def test_it_says_what_is_wrong_and_what_mends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    (fault, *_) = json.loads(printed("--json"))["faults"]
    assert (fault["name"], fault["subject"], fault["severity"]) == ("StreamerPartAway", "sweeper", "page")
    assert "StreamerPartAway since 2" in printed() and "streamer_sweep" in printed()
    monkeypatch.setattr("jobs.metrics.summary.find_faults", list)
    assert printed().startswith("All is well.")


def test_what_may_not_run_yet_is_no_lag() -> None:
    store(make_submission("zoo_count"))
    store(make_submission("zoo_permanent"))
    later = timezone.now() + timedelta(minutes=1)
    AsyncRequest.objects.filter(action="zoo_count").update(status=Status.RETRYING, available_at=later)
    AsyncRequest.objects.filter(action="zoo_permanent").update(available_at=later - timedelta(hours=1))
    PausedAction.objects.create(action="zoo_permanent")
    (queue,) = [one for one in json.loads(printed("--json"))["queues"] if one["queue"] == "default"]
    assert (queue["waiting"], queue["lag_seconds"]) == (2, 0)
    assert action("zoo_count")["retrying"] == 1 and action("zoo_permanent")["paused"]
    assert "zoo_permanent (paused)" in printed()


def test_with_nothing_there_it_says_so() -> None:
    assert "none" in printed() and json.loads(printed("--json"))["actions"] == []


@pytest.mark.parametrize("minutes", ["0", "-1", "43201"])
def test_wrong_minutes_are_refused(minutes: str) -> None:
    with pytest.raises(CommandError, match="from 1 to 43200"):
        printed("--minutes", minutes)


def test_no_finished_request_is_read_for_what_goes_on() -> None:
    """Of many thousands in the table, only those that wait or run are looked at."""
    with CaptureQueriesContext(connection) as asked:
        live_state(timezone.now())
    statements = [one["sql"] for one in asked.captured_queries if "jobs_asyncrequest" in one["sql"]]
    assert len(statements) == 2
    for sql in statements:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}" if connection.vendor == "sqlite" else f"EXPLAIN {sql}")
            plan = "\n".join(str(row[-1]) for row in cursor.fetchall())
        assert "live_requests_of_user" in plan or "running_requests" in plan or "waiting" in plan, plan
