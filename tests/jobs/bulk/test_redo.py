"""Whatever ends a bulk early, the file of what was done comes with it, and doing it again goes on from there."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from jobs.errors import Permanent, Stop, TimedOut
from jobs.handlers import bulk_operation
from jobs.models import AsyncRequest, BulkOutcome, BulkSlice, Status
from jobs.requests.cancellation import request_cancel
from jobs.requests.retrying import retry
from tests.handlers.bulk import Ledger
from tests.jobs.building import change, claim, final_of, row_of, types_of
from tests.jobs.bulk.building import codes, lose, outcomes_in, run, run_to_end, submit_bulk
from tests.shop.models import Customer

pytestmark = pytest.mark.django_db(transaction=True)
NOTED = {"type": "action", "action": "zoo_note"}
CREATE = {"type": "create", "entity": "customers"}
WORDS = [{"word": str(number)} for number in range(20)]


@pytest.fixture(autouse=True)
def empty_ledger() -> Iterator[None]:
    Ledger.clear()
    yield
    Ledger.clear()


def cancelled() -> UUID:
    """End a bulk of 20 words by a cancel while the sixth runs."""
    request_id = submit_bulk(NOTED, WORDS, batch_size=4)
    Ledger.cancel_in("5", request_id)
    assert run_to_end(request_id).status == Status.CANCELLED
    Ledger.wait_for_stop = None
    return request_id


def cancelled_between_attempts() -> UUID:
    request_id = submit_bulk(NOTED, WORDS, batch_size=4)
    Ledger.die_at = "6"
    run(claim())
    lose(request_id)
    assert request_cancel(request_id).status == Status.PROCESSING
    assert run_to_end(request_id).status == Status.CANCELLED
    return request_id


def killed() -> UUID:
    request_id = submit_bulk(NOTED, WORDS, batch_size=4)
    Ledger.die_at = "6"
    run(claim())
    change(request_id, cancel_requested_at=timezone.now() - timedelta(minutes=1))
    lose(request_id)
    assert run_to_end(request_id).status == Status.CANCELLED
    assert final_of(request_id)["mode"] == "killed"
    return request_id


def lost() -> UUID:
    request_id = submit_bulk(NOTED, WORDS, batch_size=4)
    Ledger.die_at = "6"
    run(claim())
    change(request_id, lost_count=bulk_operation.BulkOperation.max_lost - 1)
    lose(request_id)
    assert run_to_end(request_id).status == Status.FAILED
    assert final_of(request_id)["error"]["code"] == "WORKER_LOST"
    return request_id


def failing(error: BaseException) -> Callable[[], UUID]:
    """End a bulk by an error outside of its items."""

    def fail() -> UUID:
        def at_six() -> None:
            raise error if isinstance(error, Stop) else AssertionError

        request_id = submit_bulk(NOTED, WORDS, batch_size=4)
        if isinstance(error, Stop):
            Ledger.at_word["6"] = at_six
            assert run_to_end(request_id).status == Status.FAILED
            return request_id
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(bulk_operation, "_report", lambda counts, context: _raise_at(counts, error))
            assert run_to_end(request_id).status == Status.FAILED
        return request_id

    return fail


def _raise_at(counts: Any, error: BaseException) -> None:
    if counts.processed >= 4:
        raise error


def late() -> UUID:
    """Have its last worker be lost when the time for an attempt is over."""
    request_id = submit_bulk(NOTED, WORDS, batch_size=4)
    Ledger.die_at = "6"
    run(claim())
    change(request_id, attempt_started_at=timezone.now() - timedelta(days=1))
    lose(request_id)
    assert run_to_end(request_id).status == Status.FAILED
    assert final_of(request_id)["error"]["code"] == "TIMEOUT"
    return request_id


ENDS: dict[str, Callable[[], UUID]] = {
    "cancelled": cancelled,
    "cancelled between attempts": cancelled_between_attempts,
    "killed": killed,
    "lost": lost,
    "timed out": failing(TimedOut(reason="attempt", seconds=3600.0)),
    "permanent": failing(Permanent("No more")),
    "bug": failing(KeyError("a bug")),
    "late": late,
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
def test_it_works(end: Callable[[], UUID]) -> None:
    request_id = end()
    done = {index for index, code in codes(request_id).items() if code is None}
    data = final_of(request_id)
    assert types_of(request_id).count("started") == 1
    outcomes = outcomes_in(data["receipt"]["artifacts"]["outcomes"])
    assert {one["index"] for one in outcomes if one["status"] == "succeeded"} == done and 4 <= len(done) < 20
    assert data["receipt"]["succeeded"] == len(done)
    assert {one["artifact_id"] for one in data["artifacts"]} == {
        one["artifact_id"] for one in data["receipt"]["artifacts"].values()
    }
    Ledger.clear()
    again = retry(request_id)
    row = run_to_end(again)
    assert (row.status, row.result["succeeded"], row.result["failed"]) == (Status.COMPLETED, 20, 0)
    assert sorted(Ledger.words, key=int) == [str(index) for index in range(20) if index not in done]
    assert [one["index"] for one in outcomes_in(row.result["artifacts"]["outcomes"])] == list(range(20))
    assert row.result["notes"] == [f"{len(done)} items have their outcomes from the request before"]


def test_an_item_keeps_its_id() -> None:
    request_id = cancelled()
    ids = dict(zip(Ledger.words, Ledger.ids, strict=True))
    Ledger.clear()
    run_to_end(retry(request_id))
    again = dict(zip(Ledger.words, Ledger.ids, strict=True))
    assert again["5"] == ids["5"] and len({*ids.values(), *again.values()}) == 20


def test_it_goes_on_from_what_went_on() -> None:
    first = cancelled()
    second = retry(first)
    Ledger.cancel_in("10", second)
    assert run_to_end(second).status == Status.CANCELLED
    ids = dict(zip(Ledger.words, Ledger.ids, strict=True))
    Ledger.clear()
    row = run_to_end(retry(second))
    assert row.result["succeeded"] == 20 and Ledger.words == [str(index) for index in range(10, 20)]
    assert Ledger.ids[0] == ids["10"]


def test_one_that_completed_is_done_from_its_start() -> None:
    request_id = submit_bulk(NOTED, WORDS)
    run_to_end(request_id)
    ids = set(Ledger.ids)
    Ledger.clear()
    assert run_to_end(retry(request_id)).result["notes"] == []
    assert len(Ledger.words) == 20 and not ids & set(Ledger.ids)


def test_one_that_stopped_at_a_failure_goes_on_with_that_item() -> None:
    items = [{"word": "one"}, {"word": "two"}, {"word": "three"}, {"word": "four"}]
    request_id = submit_bulk(NOTED, items, on_error="stop", batch_size=2)
    Ledger.at_word["three"] = lambda: (_ for _ in ()).throw(Permanent("Not now"))
    assert run_to_end(request_id).result["failed"] == 1
    Ledger.clear()
    row = run_to_end(retry(request_id))
    assert (row.result["succeeded"], row.result["skipped"], Ledger.words) == (4, 0, ["three", "four"])


def test_an_item_that_failed_by_itself_stays_failed() -> None:
    request_id = submit_bulk(NOTED, [*WORDS[:3], {"wrod": "wrong"}, *WORDS[4:]], batch_size=4)
    Ledger.cancel_in("9", request_id)
    run_to_end(request_id)
    Ledger.clear()
    row = run_to_end(retry(request_id))
    assert (row.result["succeeded"], row.result["errors"]) == (19, {"VALIDATION_ERROR": 1})
    assert Ledger.words == [str(index) for index in range(9, 20)]


def test_rows_that_were_written_are_not_written_again(monkeypatch: pytest.MonkeyPatch) -> None:
    request_id = submit_bulk(CREATE, [{"name": f"c{number}"} for number in range(10)], batch_size=3)
    monkeypatch.setattr(bulk_operation, "_report", lambda counts, context: _raise_at(counts, Permanent("No more")))
    assert run_to_end(request_id).status == Status.FAILED
    assert Customer.objects.count() == final_of(request_id)["receipt"]["succeeded"] == 6
    monkeypatch.undo()
    assert run_to_end(retry(request_id)).result["succeeded"] == 10
    assert sorted(Customer.objects.values_list("name", flat=True)) == [f"c{number}" for number in range(10)]


def test_one_whose_rows_are_gone_begins_anew() -> None:
    request_id = cancelled()
    again = retry(request_id)
    AsyncRequest.objects.filter(id=request_id).delete()
    Ledger.clear()
    assert run_to_end(again).result["succeeded"] == len(Ledger.words) == 20


@pytest.mark.parametrize("change_of", [{"tenant_id": "globex"}, {"user_id": "bob"}, {"action": "bulk_share"}], ids=str)
def test_nothing_is_taken_over_from_others(change_of: dict[str, str]) -> None:
    request_id = cancelled()
    again = retry(request_id)
    change(request_id, **change_of)
    Ledger.clear()
    run_to_end(again)
    assert len(Ledger.words) == 20


def test_a_bulk_that_waits_is_cancelled_at_once_and_without_a_file() -> None:
    request_id = submit_bulk(NOTED, WORDS)
    assert request_cancel(request_id).status == Status.CANCELLED
    assert "receipt" not in final_of(request_id) and not BulkSlice.objects.exists()
    assert run_to_end(retry(request_id)).result["succeeded"] == 20


def test_no_outcome_is_added_after_the_file_was_written() -> None:
    """A worker that was cut off in the middle of an item comes back when the bulk has ended."""
    request_id = submit_bulk(NOTED, WORDS, batch_size=4)
    bulk = claim()

    def be_lost_for_good() -> None:
        change(request_id, lost_count=bulk_operation.BulkOperation.max_lost - 1)
        lose(request_id)
        run_to_end(request_id)

    Ledger.at_word["2"] = be_lost_for_good
    run(bulk)
    outcomes = outcomes_in(final_of(request_id)["receipt"]["artifacts"]["outcomes"])
    assert [one["index"] for one in outcomes] == [0, 1] == sorted(codes(request_id))
    assert BulkOutcome.objects.count() == 2 and row_of(request_id).status == Status.FAILED
