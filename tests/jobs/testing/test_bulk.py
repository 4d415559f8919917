"""Bulk work in memory comes to what it comes to in the stack."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from jobs.errors import Cancelled
from jobs.handlers.bulk_operation import BulkOperation, BulkShare
from jobs.testing import HandlerRun, InProcessStack, MemoryContext, run_handler
from tests.handlers.bulk import Ledger
from tests.jobs.testing.scripts import steady
from tests.shop.models import Customer

ECHO = {"type": "action", "action": "echo"}
FILES = {"type": "action", "action": "zoo_item_file"}
CREATE = {"type": "create", "entity": "customers"}
WORDS = [{"word": word} for word in ("one", "none", "three", "four", "five")]
_CLOCK = {"duration_seconds", "items_per_second", "artifacts", "sha256", "size_bytes"}


@pytest.fixture(autouse=True)
def fresh_ledger() -> Iterator[None]:
    Ledger.clear()
    yield
    Ledger.clear()


def figures(result: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in result.items() if name not in _CLOCK}


def both(streamer: InProcessStack, payload: Mapping[str, Any]) -> tuple[dict[str, Any], HandlerRun]:
    """Run the bulk in the stack and in memory; return the figures, which must be the same, and the run in memory."""
    request = streamer.submit(BulkOperation, payload)
    streamer.run()
    customers = Customer.objects.count()
    Customer.objects.all().delete()
    run = run_handler(BulkOperation, payload)
    assert Customer.objects.count() == customers
    assert figures(run.result) == figures(request.result)
    names = [(one.filename, len(one.content)) for one in run.artifacts]
    assert names == [(one.filename, len(one.content)) for one in request.artifacts()]
    assert run.progress[-1].percentage == request.row.percentage - 5 == 95
    return figures(run.result), run


@pytest.mark.parametrize("on_error", ["continue", "stop"])
@pytest.mark.parametrize("batch_size", [1, 2, 100])
def test_items_of_an_action(streamer: InProcessStack, on_error: str, batch_size: int) -> None:
    payload = {"operation": FILES, "items": WORDS, "on_error": on_error, "batch_size": batch_size}
    result, run = both(streamer, payload)
    assert (result["succeeded"], result["failed"]) == ((4, 1) if on_error == "continue" else (1, 1))
    assert run.artifacts[0].filename == "item.txt" and run.artifacts[0].content == b"one"


@pytest.mark.parametrize("on_error", ["continue", "stop"])
def test_rows_of_an_entity(streamer: InProcessStack, on_error: str) -> None:
    items = [{"name": "Ann"}, {"name": "Bob", "email": "no email"}, {"name": "Cleo"}]
    result, _ = both(streamer, {"operation": CREATE, "items": items, "on_error": on_error, "batch_size": 2})
    assert result["errors"] == {"VALIDATION_ERROR": 1}
    assert Customer.objects.count() == (2 if on_error == "continue" else 1)


def test_an_item_has_a_context_of_its_own() -> None:
    first, second = (
        run_handler(BulkOperation, {"operation": {"type": "action", "action": "zoo_note"}, "items": WORDS})
        for _ in range(2)
    )
    assert Ledger.words == [item["word"] for item in WORDS] * 2
    assert len(set(Ledger.ids)) == 10 and first.request_id not in Ledger.ids
    assert steady(first.progress[-1].metadata) == steady(second.progress[-1].metadata)


def test_a_cancel_keeps_what_was_done() -> None:
    run = run_handler(
        BulkOperation,
        {"operation": FILES, "items": WORDS, "batch_size": 2},
        cancel_after=lambda context: bool(context.bulks) and context.bulks[0].counts().processed == 4,
    )
    assert run.status == "cancelled" and isinstance(run.exception, Cancelled)
    assert run.receipt["processed"] == 4 and run.receipt["skipped"] == 1
    *files, rejects, outcomes = run.artifacts
    assert [one.content for one in files] == [b"one", b"three", b"four"]
    assert run.receipt["artifacts"]["outcomes"]["artifact_id"] == str(outcomes.id)
    assert (rejects.filename, outcomes.filename) == ("zoo-item-file-rejects.csv", "zoo-item-file-outcomes.jsonl")
    assert len(outcomes.content.splitlines()) == 4
    assert run.messages[-1]["receipt"] == run.receipt and len(run.messages[-1]["artifacts"]) == 2


def test_a_share_of_nothing_is_nothing() -> None:
    payload = {"operation": ECHO, "on_error": "continue"}
    assert run_handler(BulkShare, payload).result == {"processed": 0}


def test_a_bulk_that_is_cut_can_be_shared() -> None:
    operation = BulkShare().parse({"operation": ECHO, "on_error": "continue"}).operation
    with MemoryContext() as context:
        bulk = context.bulk(operation, on_error="continue")
        bulk.cut([{"message": number} for number in range(3)], batch_size=2)
        assert bulk.is_cut and bulk.share() == 3
        assert [outcome.result for outcome in bulk.outcomes()] == [{"result": {"message": n}} for n in range(3)]
