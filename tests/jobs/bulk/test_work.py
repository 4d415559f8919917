"""A bulk from its claim to its result: outcomes, files, what a retry repeats, and what a cancel leaves."""

import csv
import io
import json

import pytest
from pytest_django import Settings

from jobs.models import Artifact, AsyncRequest, BulkOutcome, BulkSlice, Status
from tests.handlers.bulk import Ledger
from tests.jobs.building import claim, final_of, log_of, run_next, types_of
from tests.jobs.bulk.building import ECHO, codes, echoes, held_by, indexes, lose, read, run, submit_bulk

pytestmark = pytest.mark.django_db(transaction=True)
NOTED = {"type": "action", "action": "zoo_note"}


@pytest.fixture(autouse=True)
def empty_ledger() -> None:
    Ledger.clear()


def test_it_works() -> None:
    request_id = submit_bulk(ECHO, [*echoes(3), {"word": "=1"}, {"message": "last"}], batch_size=2)
    row = run_next()
    assert row.status == Status.COMPLETED, row.error
    figures = {name: row.result[name] for name in ("total_items", "processed", "succeeded", "failed", "skipped")}
    assert figures == {"total_items": 5, "processed": 5, "succeeded": 4, "failed": 1, "skipped": 0}
    assert (row.result["success_rate"], row.result["errors"]) == (0.8, {"VALIDATION_ERROR": 1})
    (failure,) = row.result["failures"]
    assert (failure["index"], failure["title"], row.failed_items) == (3, "=1", 1)
    assert indexes(request_id) == [0, 1, 2, 3, 4]
    counts = [
        event.data["metadata"]["processed"]
        for event in log_of(request_id)
        if "processed" in event.data.get("metadata", {})
    ]
    assert counts == sorted(counts)


def test_the_files_hold_every_outcome_and_the_items_that_failed() -> None:
    submit_bulk(ECHO, [{"message": "fine"}, {"word": "wrong"}])
    files = run_next().result["artifacts"]
    outcomes = [json.loads(line) for line in read(files["outcomes"]).splitlines()]
    assert [one["status"] for one in outcomes] == ["succeeded", "failed"]
    assert outcomes[0]["result"] == {"result": {"message": "fine"}}
    assert outcomes[1]["error"]["details"]["faults"][0]["path"] == "word"
    (reject,) = csv.DictReader(io.StringIO(read(files["rejects"])))
    assert (reject["index"], json.loads(reject["item"]), reject["code"]) == ("1", {"word": "wrong"}, "VALIDATION_ERROR")


def test_rejects_as_json_lines() -> None:
    submit_bulk(ECHO, [{"word": 1}], reject_format="jsonl")
    line = json.loads(read(run_next().result["artifacts"]["rejects"]))
    assert (line["index"], line["item"], line["faults"][0]["path"]) == (0, {"word": 1}, "word")


def test_stop_leaves_the_rest_undone() -> None:
    request_id = submit_bulk(ECHO, [*echoes(3), {"word": 1}, *echoes(6)], batch_size=2, on_error="stop")
    result = run_next().result
    assert (result["processed"], result["failed"], result["skipped"]) == (4, 1, 6)
    assert indexes(request_id) == [0, 1, 2, 3]


def test_another_attempt_does_no_item_again() -> None:
    request_id = submit_bulk(NOTED, [{"word": str(number)} for number in range(10)], batch_size=4)
    Ledger.die_at = "6"
    run(claim())
    lose(request_id)
    Ledger.die_at = None
    row = run_next()
    assert (row.status, row.attempt, row.result["succeeded"]) == (Status.COMPLETED, 2, 10)
    assert Ledger.words == [str(number) for number in range(7)] + [str(number) for number in range(6, 10)]
    assert indexes(request_id) == list(range(10))
    assert len({Ledger.ids[6], Ledger.ids[7]}) == 1  # the same item has the same id in both attempts


def test_an_item_with_a_field_that_the_action_does_not_know_fails() -> None:
    request_id = submit_bulk(
        {"type": "action", "action": "zoo_item_file"}, [{"word": "one"}, {"word": "x", "wrod": "y"}]
    )
    run(claim("bulk"))
    assert codes(request_id) == {0: None, 1: "VALIDATION_ERROR"}
    error = BulkOutcome.objects.get(request_id=request_id, index=1).error
    assert error["details"]["faults"][0]["message"] == "this action has no such field; did you mean 'word'?"


def test_errors_of_items_stay_with_the_items() -> None:
    actions = {"zoo_permanent": "PROCESSING_FAILED", "zoo_crash": "INTERNAL_ERROR", "zoo_exit": "INTERNAL_ERROR"}
    for action, code in actions.items():
        request_id = submit_bulk({"type": "action", "action": action}, [{}])
        assert run_next().status == Status.COMPLETED
        assert codes(request_id) == {0: code}


def test_files_of_items_belong_to_the_bulk() -> None:
    request_id = submit_bulk({"type": "action", "action": "zoo_item_file"}, [{"word": "one"}, {"word": "none"}])
    run_next()
    kept = Artifact.objects.filter(request_id=request_id, filename="item.txt")
    assert [read({"artifact_id": one.id}) for one in kept] == ["one"]
    assert BulkOutcome.objects.get(index=0).result["artifacts"][0]["artifact_id"] == str(kept.get().id)


def test_a_cancel_leaves_a_receipt_of_what_was_done() -> None:
    request_id = submit_bulk(NOTED, [{"word": str(number)} for number in range(20)])
    Ledger.cancel_in("5", request_id)
    row = run_next()
    assert (row.status, types_of(request_id)[-1]) == (Status.CANCELLED, "cancelled")
    receipt = final_of(request_id)["receipt"]
    assert (receipt["succeeded"], receipt["failed"], receipt["skipped"]) == (5, 1, 14)
    assert codes(request_id)[5] == "CANCELLED"
    assert final_of(request_id)["mode"] == "cooperative"


def test_many_items_are_shared(settings: Settings) -> None:
    settings.STREAMER_BULK_SPREAD_ITEMS, settings.STREAMER_BULK_SHARES = 5, 2
    request_id = submit_bulk(NOTED, [{"word": str(number)} for number in range(20)], batch_size=5)
    bulk = claim()
    shared: list[AsyncRequest] = []
    Ledger.at_word["2"] = lambda: shared.append(run(claim("another worker")))
    row = run(bulk)
    assert (row.status, row.result["succeeded"]) == (Status.COMPLETED, 20)
    (share,) = shared
    assert (share.parent_id, share.result) == (request_id, {"processed": 15})
    assert sorted(Ledger.words, key=int) == [str(number) for number in range(20)]
    children = AsyncRequest.objects.filter(parent_id=request_id)
    assert children.count() == 2 and not children.exclude(status__in=["completed", "cancelled"]).exists()


def test_what_a_lost_share_held_is_taken_over(settings: Settings) -> None:
    settings.STREAMER_BULK_SPREAD_ITEMS, settings.STREAMER_BULK_SHARES = 5, 1
    request_id = submit_bulk(NOTED, [{"word": str(number)} for number in range(10)], batch_size=5)
    bulk = claim()

    def lose_a_share() -> None:
        share = claim("another worker")
        assert held_by(share) is not None
        lose(share.request_id)

    Ledger.at_word["2"] = lose_a_share
    assert run(bulk).status == Status.COMPLETED
    assert indexes(request_id) == list(range(10))
    assert BulkSlice.objects.get(number=1).takes == 2
