"""A healthy system is healthy; how findings are told, to people and to machines."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from jobs.doctor import all_checks, examine
from jobs.models import RequestEvent
from jobs.requests.cancellation import request_cancel
from tests.jobs.building import change, claim, run_next, submit
from tests.jobs.doctor.illness import completed, ill, sweeper_lives

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_storage", "own_scratch")]


def test_it_works() -> None:
    """One request in every state, files included, and nothing is found."""
    sweeper_lives()
    completed("zoo_file")
    for action in ("zoo_permanent", "zoo_retryable"):
        submit(action)
        run_next()
    submit()
    claim()
    request_cancel(submit())
    submit()
    output = StringIO()
    call_command("streamer_doctor", deep=True, stdout=output)
    assert "Healthy" in output.getvalue()
    assert not ill(fix=True, deep=True)


def test_names_are_unique_and_every_check_says_what_must_hold() -> None:
    checks = all_checks(deep=True)
    assert len({check.name for check in checks}) == len(checks)
    assert all(check.sentence.endswith(".") for check in checks)


def run(**options: Any) -> tuple[int, str]:
    output = StringIO()
    try:
        call_command("streamer_doctor", stdout=output, **options)
    except SystemExit as ended:
        return int(str(ended.code)), output.getvalue()
    return 0, output.getvalue()


def test_the_exit_status_says_whether_anything_was_found() -> None:
    assert run()[0] == 0
    request_id = completed()
    change(request_id, finished_at=None)
    status, text = run()
    assert status == 1 and "✗ final-time" in text and str(request_id) in text
    status, text = run(fix=True)
    assert status == 0 and "fixed: set the end of 1 to the time of the final event" in text


def test_json_for_machines() -> None:
    RequestEvent.objects.filter(request_id=completed(), seq=1).delete()
    status, text = run(as_json=True)
    body = json.loads(text)
    assert (status, body["healthy"]) == (1, False)
    (finding,) = (one for one in body["checks"] if one["finding"])
    assert (finding["name"], finding["count"], finding["done"]) == ("log-numbers", 1, None)


def test_a_database_that_is_away_is_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr("jobs.management.commands.streamer_doctor.examine", away)
    with pytest.raises(CommandError, match="cannot be examined") as caught:
        call_command("streamer_doctor")
    assert caught.value.returncode == 2


def test_the_number_of_queries_does_not_grow_with_the_requests() -> None:
    completed("zoo_file")
    _queries()  # the first one may also open a connection, which SQLite is told a few things on
    few = _queries()
    for _ in range(10):
        completed(updates=1)
    assert _queries() == few


def _queries() -> int:
    with CaptureQueriesContext(database) as queries:
        examine(all_checks())
    return len(queries)
