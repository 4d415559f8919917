"""``streamer_requests``: operators find, follow, cancel and retry requests without a shell on the database."""

import json
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from jobs.log.events import read_after
from jobs.models import AsyncRequest, Status
from tests.jobs.building import make_submission, row_of, run_next, store

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_storage")]


def run(*arguments: str) -> tuple[int, str]:
    """Return the exit status and what was printed."""
    out = StringIO()
    try:
        call_command("streamer_requests", *arguments, stdout=out, stderr=StringIO())
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    return 0, out.getvalue()


def listed(*filters: str) -> list[Any]:
    status, text = run("list", "--json", *filters)
    found: list[Any] = json.loads(text)
    assert status == (0 if found else 1)
    return found


def test_it_works() -> None:
    first = store(make_submission("zoo_count", payload={"updates": 2}))
    run_next()
    second = store(make_submission("zoo_permanent", user="bob", tenant="other"))
    run_next()
    third = store(make_submission("zoo_count"))
    assert [one["request_id"] for one in listed()] == [str(third), str(second), str(first)]
    assert [one["user_id"] for one in listed("--status", "failed", "--code", "PROCESSING_FAILED")] == ["bob"]
    for filters, wanted in (
        (["--status", "live"], third),
        (["--tenant", "other", "--since", "1h"], second),
        (["--action", "zoo_count", "--status", "completed"], first),
    ):
        assert [one["request_id"] for one in listed(*filters)] == [str(wanted)]
    assert listed("--user", "nobody") == [] and "No request matches" in run("list", "--user", "nobody")[1]
    status, text = run("list")
    assert status == 0 and str(third) in text and "Waiting" in text and "Completed" in text
    AsyncRequest.objects.filter(id=first).update(failed_items=3)
    assert "Completed with 3 failures" in run("list")[1]


def test_requests_of_one_action_are_told_apart_by_their_titles() -> None:
    store(make_submission("zoo_count"))  # stored before there were titles
    for number in (2, 3):
        store(make_submission("zoo_count", title=f"Count · updates {number}"))
    third, second, first = run("list")[1].splitlines()[1:]
    assert "Count · updates 3" in third and "Count · updates 2" in second and first.split().count("zoo_count") == 2


def test_one_is_shown_with_the_reason_of_its_wait() -> None:
    waits = store(make_submission())
    status, text = run("show", str(waits), "--json")
    shown = json.loads(text)
    assert status == 0 and shown["waiting"]["ahead"] == 0 and shown["tenant_id"] == "acme"
    assert f"request_id       {waits}" in run("show", str(waits))[1]
    with pytest.raises(CommandError, match="There is no request"):
        run("show", str(uuid4()))


def test_a_log_is_printed_to_its_end() -> None:
    done = store(make_submission("zoo_count", payload={"updates": 2}))
    run_next()
    status, text = run("tail", str(done), "--json")
    assert status == 0
    assert [json.loads(line)["seq"] for line in text.splitlines()] == list(range(1, row_of(done).last_seq + 1))
    failed = store(make_submission("zoo_permanent"))
    run_next()
    status, text = run("tail", str(failed))
    assert status == 1 and len(text.splitlines()) == len(read_after(failed, None, 0)) and "error" in text


def test_what_filters_select_is_cancelled_and_nothing_else() -> None:
    ids = [store(make_submission("zoo_count")) for _ in range(3)]
    other = store(make_submission("zoo_permanent"))
    status, text = run("cancel", "--action", "zoo_count", "--dry-run")
    assert status == 0 and text.startswith("3 requests would be cancelled") and row_of(ids[0]).status == Status.PENDING
    status, text = run("cancel", "--action", "zoo_count", "--json")
    assert status == 0 and json.loads(text)["counts"] == {"cancelled": 3}
    assert {row_of(one).status for one in ids} == {Status.CANCELLED} and row_of(other).status == Status.PENDING
    assert run("cancel", "--action", "zoo_count") == (1, "No request matches\n")
    assert run("cancel", str(ids[0]), str(other))[0] == 1 and row_of(other).status == Status.CANCELLED


def test_failed_ones_are_retried_as_new_ones() -> None:
    failed = store(make_submission("zoo_permanent"))
    run_next()
    status, text = run("retry", "--status", "failed", "--json")
    (made,) = json.loads(text)["made"]
    assert status == 0 and AsyncRequest.objects.get(id=made).redo_of == failed
    assert run("retry", made)[0] == 1  # it is not finished


@pytest.mark.parametrize(
    "arguments",
    [
        ["cancel"],
        ["retry"],
        ["cancel", str(uuid4()), "--user", "alice"],
        ["list", "--limit", "0"],
        ["list", "--since", "yesterday"],
        ["list", "--since", "9999999d"],
        ["list", "--status", "queued"],
        ["show", "no id"],
    ],
)
def test_a_wrong_command_line_is_refused(arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        run(*arguments)
