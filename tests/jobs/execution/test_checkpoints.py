from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.utils import timezone

from jobs.errors import AttemptLost
from jobs.execution import reporter
from jobs.execution.checkpoints import MAX_BYTES, storable
from jobs.log.events import append
from jobs.models import Status
from jobs.queue.claims import Claim
from tests.jobs.building import Started, change, claim, log_of, row_of, run_next, submit
from tests.local.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True)


def until_stored(claimed: Claim, state: Any) -> None:
    eventually(lambda: row_of(claimed.request_id).resume_state == state, f"{state} is stored")


def test_it_works(started: Started) -> None:
    claimed, working = started
    working.checkpoint({"rows": 10})
    until_stored(claimed, {"rows": 10})
    assert [event.type for event in log_of(claimed.request_id)] == ["started"]


def test_it_is_a_copy_of_the_moment(started: Started) -> None:
    claimed, working = started
    state = {"rows": [1]}
    working.checkpoint(state)
    state["rows"].append(2)
    until_stored(claimed, {"rows": [1]})


def test_it_goes_with_the_progress_in_one_write(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    claimed, working = started
    writes: list[tuple[int, Any]] = []

    def recorded(request_id: Any, drafts: Any, **fields: Any) -> Any:
        writes.append((len(drafts), fields["changes"].get("resume_state")))
        return append(request_id, drafts, **fields)

    monkeypatch.setattr(reporter, "append", recorded)
    with working._changed:  # the thread cannot look between the two
        working.checkpoint({"rows": 1})
        working.report(10, "ten", {})
    until_stored(claimed, {"rows": 1})
    assert writes == [(1, {"rows": 1})]


def test_many_in_a_row_are_few_writes_and_the_latest_wins(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    claimed, working = started
    writes: list[Any] = []

    def recorded(request_id: Any, drafts: Any, **fields: Any) -> Any:
        writes.append(fields["changes"])
        return append(request_id, drafts, **fields)

    monkeypatch.setattr(reporter, "append", recorded)
    with working._changed:
        for number in range(1_000):
            working.checkpoint(number)
    until_stored(claimed, 999)
    assert len(writes) == 1


@pytest.mark.usefixtures("no_beats")
def test_what_no_flush_has_written_is_handed_over_at_the_end(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporter, "FLUSH_SECONDS", 600.0)
    claimed, working = started
    working.checkpoint("the first is written at once")
    until_stored(claimed, "the first is written at once")
    working.checkpoint("the next waits for a flush")
    working.close()
    assert working.unsaved() == {"resume_state": "the next waits for a flush"}


def test_it_waits_for_the_database_and_a_newer_one_replaces_it(
    started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    claimed, working = started
    tried: list[Any] = []

    def flaky(request_id: Any, drafts: Any, **fields: Any) -> Any:
        tried.append(fields["changes"]["resume_state"])
        if len(tried) == 1:
            working.checkpoint("newer")
            raise OperationalError("the database is away")
        return append(request_id, drafts, **fields)

    monkeypatch.setattr(reporter, "append", flaky)
    working.checkpoint("older")
    until_stored(claimed, "newer")
    assert tried == ["older", "newer"]


def test_one_of_an_attempt_that_lost_the_request_is_refused(started: Started) -> None:
    claimed, working = started
    change(claimed.request_id, attempt=2, attempt_token=uuid4(), resume_state="of the owner")
    working.checkpoint("of a zombie")
    eventually(lambda: working.stop_order()[0] is not None, "the attempt learns that it is lost")
    with pytest.raises(AttemptLost):
        working.checkpoint("of a zombie")
    assert row_of(claimed.request_id).resume_state == "of the owner"


def test_none_forgets_the_one_before(started: Started) -> None:
    claimed, working = started
    change(claimed.request_id, resume_state="earlier")
    working.checkpoint(None)
    until_stored(claimed, None)
    change(claimed.request_id, status=Status.RETRYING)
    assert claim().resume_state is None


def test_a_state_has_a_limit_and_must_be_json() -> None:
    assert storable("x" * (MAX_BYTES - 2)) == "x" * (MAX_BYTES - 2)
    with pytest.raises(ValueError, match="at most 65,536 bytes of JSON; this one has 65,537"):
        storable("x" * (MAX_BYTES - 1))
    with pytest.raises(TypeError):
        storable(object())


def test_each_repeated_attempt_goes_on_from_the_last_checkpoint() -> None:
    request_id = submit("zoo_goes_on")
    run_next()
    assert row_of(request_id).resume_state == {"begun_with": [False]}
    for _ in range(2):
        change(request_id, available_at=timezone.now())
        row = run_next()
    assert row.status == Status.COMPLETED and row.result == {"begun_with": [False, True, True]}
    assert row.resume_state is None
