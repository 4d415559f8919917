"""No event may come near the 4 MiB that a message of the server may have, whatever handlers do."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from jobs.errors import Cancelled, InvalidPayload, Permanent, error_body
from jobs.log.bounds import MAX_ARTIFACTS, MAX_DETAILS_BYTES, MAX_RECEIPT_BYTES, MAX_TEXT, storable_error
from jobs.log.outcomes import CancelledOutcome, Completed, Failed
from jobs.models import AsyncRequest, Status
from jobs.requests.reads import snapshot
from tests.handlers.receipts import Receipts
from tests.handlers.zoo import Count
from tests.jobs.building import final_of, log_of, run_next, submit

LARGEST_EVENT = 1024 * 1024
LONG = "ü" * 700_000
MANY_FILES = [{"artifact_id": f"{number:036}", "url": "u" * 300, "filename": "ü" * 200} for number in range(3_000)]
database = pytest.mark.django_db(transaction=True)


def size(value: Any) -> int:
    return len(msgspec.json.encode(value))


def test_it_works() -> None:
    error = error_body(Permanent.code, "No", details={"rows": [1, 2], "name": "x"})
    assert storable_error(error) == error


# --- errors ----------------------------------------------------------------------------------------------------------

texts = st.text(max_size=20).flatmap(lambda text: st.sampled_from([text, text * 4_000]))
values = (
    texts
    | st.none()
    | st.lists(st.text(max_size=9), max_size=4).flatmap(lambda some: st.sampled_from([some, some * 5_000]))
    | st.dictionaries(texts, texts | st.integers(-9, 9), max_size=4)
)


@settings(max_examples=25, deadline=None)
@given(message=texts, details=st.dictionaries(texts, values, max_size=6))
def test_any_error_fits_and_says_what_it_lacks(message: str, details: dict[str, Any]) -> None:
    error = storable_error(error_body(Permanent.code, message, details=details))
    assert len(error["message"]) <= MAX_TEXT + 1 and error["code"] == Permanent.code
    kept = error.get("details", {})
    assert size(kept) < MAX_DETAILS_BYTES + 16 * 1024
    if kept != storable_error({"code": "", "message": "", "details": details}).get("details"):
        assert kept["omitted"]


def test_a_long_list_is_cut_and_short_details_stay() -> None:
    details = {"rows": [{"row": number, "text": "x" * 100} for number in range(10_000)], "column": "amount"}
    kept = storable_error(error_body(Permanent.code, "No", details=details))["details"]
    assert kept["column"] == "amount" and kept["rows"] == details["rows"][: len(kept["rows"])]
    assert len(kept["rows"]) > 300 and kept["omitted"] == {"rows": 10_000 - len(kept["rows"])}


def test_a_payload_with_thousands_of_faults_says_how_many_are_not_listed() -> None:
    faults: Any = [{"path": f"rows.{number}", "message": "ü" * 900, "type": "x"} for number in range(5_000)]
    kept = storable_error(InvalidPayload(faults).body())["details"]
    assert size(kept) <= MAX_DETAILS_BYTES + 1_000
    assert len(kept["faults"]) + kept["omitted"]["faults"] == 5_000 and kept["faults"]


# --- events ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "outcome",
    [
        Completed(result={}, artifacts=MANY_FILES),
        Failed(error=error_body(Permanent.code, LONG, details={"a": LONG}), receipt=LONG, artifacts=MANY_FILES),
        CancelledOutcome(mode="cooperative", seconds=1, receipt={"done": LONG}, artifacts=MANY_FILES),
    ],
    ids=lambda outcome: type(outcome).__name__,
)
def test_an_outcome_is_small_in_the_log_and_in_the_row(outcome: Completed | Failed | CancelledOutcome) -> None:
    data = outcome.draft().data
    assert size(data) < LARGEST_EVENT and data["final"] is True
    assert len(data["artifacts"]) == MAX_ARTIFACTS and data["artifacts_total"] == len(MANY_FILES)
    columns = outcome.changes()
    assert size([columns.get("result"), columns.get("error")]) < LARGEST_EVENT


def fail(_: Any) -> None:
    raise Permanent(LONG, details={"rows": [LONG] * 2})


def cancel(_: Any) -> None:
    stop = Cancelled(AsyncRequest.objects.get().created_at)
    stop.receipt = {"done": LONG}
    raise stop


def talk(context: Any) -> None:
    context.report(50, LONG)


def return_much(_: Any) -> Any:
    return [LONG]


@database
@pytest.mark.parametrize(
    ("do", "status"), [(fail, "failed"), (cancel, "cancelled"), (talk, "completed"), (return_much, "completed")]
)
def test_every_event_of_a_run_can_be_followed(
    do: Callable[[Any], Any], status: Status, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.STREAMER_INLINE_RESULT_BYTES = 1024**3
    monkeypatch.setattr(Count, "run", lambda self, payload, context: do(context))
    request_id = submit()
    row = run_next()
    assert row.status == status
    assert max(size(event.message()) for event in log_of(request_id)) < LARGEST_EVENT
    assert size(snapshot(row)) < LARGEST_EVENT


@database
@pytest.mark.parametrize("receipt", [{"done": LONG}, {"done": object()}], ids=["large", "no JSON"])
def test_a_receipt_that_cannot_be_stored_does_not_keep_a_request_from_ending(
    receipt: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*_: Any) -> None:
        stop = Cancelled(AsyncRequest.objects.get().created_at)
        stop.receipt = receipt
        raise stop

    monkeypatch.setattr(Count, "run", run)
    request_id = submit()
    assert run_next().status == Status.CANCELLED
    assert final_of(request_id)["receipt"] == {"omitted": True, "limit_bytes": MAX_RECEIPT_BYTES}


@database
def test_a_large_receipt_that_is_made_at_the_end_is_a_file(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    settings.STREAMER_INLINE_RESULT_BYTES = 1024**3
    monkeypatch.setattr(Receipts, "receipt", lambda self, payload, context: {"done": "x" * LARGEST_EVENT})
    monkeypatch.setattr(Receipts, "run", lambda self, payload, context: fail(context))
    request_id = submit("zoo_receipts")
    run_next()
    final = final_of(request_id)
    assert final["receipt"]["filename"] == "result.json" and final["artifacts"] == [final["receipt"]]
