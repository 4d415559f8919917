"""An item that takes its worker down fails by itself, in a bulk that nobody shares too, and the rest goes on."""

from typing import Any

import pytest
from pytest_django import Settings

from jobs.bulk import work
from jobs.bulk.rows import write_row
from jobs.errors import AttemptLost
from jobs.handlers.bulk_operation import BulkOperation
from jobs.models import AsyncRequest, Status
from jobs.sweeper.rules import RULES
from tests.handlers.bulk import Ledger
from tests.jobs.building import final_of, row_of
from tests.jobs.bulk.building import claim, codes, held_by, lose, outcomes_in, run, run_to_end, submit_bulk
from tests.shop.models import Customer

pytestmark = pytest.mark.django_db(transaction=True)
NOTED = {"type": "action", "action": "zoo_note"}
CREATE = {"type": "create", "entity": "customers"}


@pytest.fixture(autouse=True)
def empty_ledger() -> None:
    Ledger.clear()


def words(number: int) -> list[dict[str, Any]]:
    return [{"word": str(index)} for index in range(number)]


def label(poison: set[Any]) -> str:
    return "-".join(map(str, sorted(poison)))


def lost_items(request_id: Any) -> list[int]:
    return [index for index, code in codes(request_id).items() if code == "WORKER_LOST"]


@pytest.mark.parametrize(
    "poison", [{7}, {0}, {299}, {0, 1, 2, 3}, {5, 6, 150, 298, 299}], ids=lambda one: "-".join(map(str, sorted(one)))
)
def test_it_works(poison: set[int]) -> None:
    request_id = submit_bulk(NOTED, words(300), batch_size=50)
    Ledger.poison = frozenset(map(str, poison))
    row = run_to_end(request_id)
    assert (row.status, row.lost_count) == (Status.COMPLETED, 2 * len(poison))
    assert (row.result["succeeded"], row.result["errors"]) == (300 - len(poison), {"WORKER_LOST": len(poison)})
    assert lost_items(request_id) == sorted(poison)
    assert {word for word in Ledger.words if Ledger.words.count(word) > 1} == Ledger.poison


def test_losses_at_different_items_end_nothing() -> None:
    request_id = submit_bulk(NOTED, words(20))
    for item in ("3", "4", "11", "12"):
        Ledger.die_at = item
        run(claim())
        lose(request_id)
    Ledger.die_at = None
    row = run_to_end(request_id)
    assert (row.status, row.result["succeeded"], row.lost_in_a_row) == (Status.COMPLETED, 20, 0)


def test_with_stop_nothing_begins_after_it() -> None:
    request_id = submit_bulk(NOTED, words(10), on_error="stop")
    Ledger.poison = frozenset({"4"})
    row = run_to_end(request_id)
    assert (row.status, row.result["processed"], row.result["failed"]) == (Status.COMPLETED, 5, 1)
    assert Ledger.words == ["0", "1", "2", "3", "4", "4"]


def test_so_much_poison_that_it_would_eat_the_fleet_ends_it_with_what_was_done() -> None:
    request_id = submit_bulk(NOTED, words(100))
    Ledger.poison = frozenset(str(number) for number in range(20, 100))
    row = run_to_end(request_id)
    assert (row.status, row.lost_count) == (Status.FAILED, BulkOperation.max_lost)
    data = final_of(request_id)
    assert data["error"]["code"] == "WORKER_LOST" and data["error"]["details"]["reason"] == "in_all"
    assert (data["receipt"]["succeeded"], data["receipt"]["failed"], data["receipt"]["skipped"]) == (20, 9, 71)
    outcomes = outcomes_in(data["receipt"]["artifacts"]["outcomes"])
    assert [one["index"] for one in outcomes] == list(range(29))


def test_items_that_cannot_even_be_read_end_it_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: Any) -> Any:
        raise AttemptLost

    monkeypatch.setattr("jobs.handlers.bulk_operation.items_of", die)
    request_id = submit_bulk(NOTED, words(3))
    row = run_to_end(request_id)
    assert (row.status, row.lost_count) == (Status.FAILED, BulkOperation.max_lost_in_a_row)
    assert "receipt" not in final_of(request_id)


@pytest.mark.parametrize(
    "poison", [{"c0"}, {"c4"}, {"c9"}, {"c4", "c5"}], ids=lambda one: "-".join(map(str, sorted(one)))
)
def test_a_row_fails_by_itself_too(monkeypatch: pytest.MonkeyPatch, poison: set[str]) -> None:
    """Rows are written a batch at a time. After a loss they are written one by one, so that the one is found."""

    def deadly(entity: Any, verb: Any, item: Any, tenant_id: str) -> Any:
        if item["name"] in poison:
            raise AttemptLost
        return write_row(entity, verb, item, tenant_id)

    monkeypatch.setattr(work, "write_row", deadly)
    request_id = submit_bulk(CREATE, [{"name": f"c{number}"} for number in range(10)], batch_size=5)
    row = run_to_end(request_id)
    assert (row.status, row.result["succeeded"], row.result["failed"]) == (
        Status.COMPLETED,
        10 - len(poison),
        len(poison),
    )
    assert sorted(Customer.objects.values_list("name", flat=True)) == sorted({f"c{n}" for n in range(10)} - poison)
    assert [f"c{index}" for index in lost_items(request_id)] == sorted(poison)


def test_what_shares_it_may_die_of_it_too(settings: Settings) -> None:
    settings.STREAMER_BULK_SPREAD_ITEMS, settings.STREAMER_BULK_SHARES = 5, 1
    request_id = submit_bulk(NOTED, words(10), batch_size=5)
    bulk = claim()
    Ledger.poison = frozenset({"5"})

    def lose_a_share() -> None:
        for _ in range(2):
            share = claim("another worker")
            run(share)
            lose(share.request_id)
        assert row_of(share.request_id).status == Status.FAILED

    Ledger.at_word["2"] = lose_a_share
    assert run(bulk).status == Status.COMPLETED
    assert lost_items(request_id) == [5]


def test_nobody_takes_a_slice_of_a_bulk_that_is_about_to_end(settings: Settings) -> None:
    settings.STREAMER_BULK_SPREAD_ITEMS, settings.STREAMER_BULK_SHARES = 5, 1
    request_id = submit_bulk(NOTED, words(20), batch_size=5)
    Ledger.die_at = "2"
    run(claim())
    share = claim("another worker")
    assert share.parent_id == request_id
    AsyncRequest.objects.filter(id=request_id).update(lost_count=BulkOperation.max_lost)
    lose(request_id)
    assert held_by(share) is None
    assert sum(rule.sweep(row_of(request_id).created_at) for rule in RULES if rule.name == "orphaned shares") == 1
    assert row_of(share.request_id).cancel_requested_at is not None
