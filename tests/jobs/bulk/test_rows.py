"""Rows of entities changed in bulk: whole batches at once, and never a row of another tenant."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import IntegerField

from jobs.bulk.rows import _would_change
from jobs.models import AsyncRequest, Status
from tests.jobs.building import run_next
from tests.jobs.bulk.building import codes, submit_bulk
from tests.shop.models import Customer, Order

pytestmark = pytest.mark.django_db(transaction=True)
ORDER = {"type": "create", "entity": "orders"}


def customers(verb: str) -> dict[str, str]:
    return {"type": verb, "entity": "customers"}


def done(operation: dict[str, str], items: list[dict[str, Any]], **fields: Any) -> AsyncRequest:
    submit_bulk(operation, items, **fields)
    row = run_next()
    assert row.status == Status.COMPLETED, row.error
    return row


def messages(row: AsyncRequest) -> list[str]:
    return [failure["message"] for failure in row.result["failures"]]


@pytest.fixture
def ours() -> Customer:
    return Customer.objects.create(tenant="acme", name="Ours", email="one@example.org")


@pytest.fixture
def theirs() -> Customer:
    return Customer.objects.create(tenant="other", name="Theirs", email="two@example.org")


def test_it_works() -> None:
    row = done(customers("create"), [{"name": "Ann", "joined": "2024-02-29"}, {"name": "Ben"}])
    assert row.result["succeeded"] == 2
    assert list(Customer.objects.values_list("tenant", "name", "joined").order_by("id")) == [
        ("acme", "Ann", date(2024, 2, 29)),
        ("acme", "Ben", None),
    ]


def test_update_changes_what_is_named_and_nothing_else(ours: Customer) -> None:
    done(customers("update"), [{"id": ours.pk, "name": "New"}])
    ours.refresh_from_db()
    assert (ours.name, ours.email) == ("New", "one@example.org")


def test_delete(ours: Customer) -> None:
    done(customers("delete"), [{"id": ours.pk}])
    assert not Customer.objects.exists()


def test_a_row_that_is_referred_to_stays(ours: Customer) -> None:
    Order.objects.create(tenant="acme", customer=ours, total=1)
    assert messages(done(customers("delete"), [{"id": ours.pk}])) == [
        "Other rows still refer to this one, so it cannot be deleted"
    ]
    assert Customer.objects.exists()


@pytest.mark.parametrize("verb", ["update", "delete"])
def test_a_row_of_another_tenant_does_not_exist(theirs: Customer, verb: str) -> None:
    row = done(customers(verb), [{"id": theirs.pk}, {"id": theirs.pk + 1_000}, {"id": True}, {"id": [1]}])
    assert [failure["code"] for failure in row.result["failures"]] == ["NOT_FOUND"] * 3 + ["VALIDATION_ERROR"]
    assert [failure["title"] for failure in row.result["failures"][::2]] == [f"id {theirs.pk}", ""]
    assert messages(row)[0] == messages(row)[1] == "There is no such customers"
    theirs.refresh_from_db()
    assert theirs.name == "Theirs"


def test_a_row_cannot_point_to_one_of_another_tenant(ours: Customer, theirs: Customer) -> None:
    items = [{"customer": one, "total": "9.50"} for one in (ours.pk, theirs.pk, theirs.pk + 1_000)]
    row = done({"type": "create", "entity": "orders"}, items)
    assert messages(row) == ["customer: there is no such customers"] * 2
    assert list(Order.objects.values_list("customer", "total")) == [(ours.pk, Decimal("9.50"))]


def test_nobody_can_choose_the_tenant(ours: Customer) -> None:
    create = done(customers("create"), [{"name": "Eve", "tenant": "other"}])
    assert messages(create) == ["tenant: customers has no such field for 'create'"]
    update = done(customers("update"), [{"id": ours.pk, "tenant": "other"}])
    assert messages(update) == ["tenant: customers has no such field for 'update'"]


def test_a_key_cannot_be_chosen_to_replace_a_row(theirs: Customer) -> None:
    row = done(customers("create"), [{"id": theirs.pk, "name": "Eve"}])
    assert messages(row) == ["id: customers has no such field for 'create'"]


def test_each_fault_has_its_path() -> None:
    row = done(customers("create"), [{"name": "x" * 21, "email": "nonsense"}])
    text = messages(row)[0]
    assert text.startswith("name: ") and text.endswith("(and 1 more)")


@pytest.mark.parametrize("joined", [5, 1.5, True, 10**30])
def test_a_value_of_another_kind_is_a_fault_of_its_item_alone(joined: Any) -> None:
    row = done(customers("create"), [{"name": "A", "joined": joined}, {"name": "B"}])
    assert (row.result["succeeded"], row.result["failed"]) == (1, 1)
    assert messages(row) == ["joined: this kind of value does not fit"]


@pytest.mark.parametrize("total", ["1_0", "1_0.5", "\u0661\u0662"])
def test_a_text_is_a_number_only_if_it_is_written_as_one(total: str, ours: Customer) -> None:
    row = done(ORDER, [{"customer": ours.pk, "total": total}, {"customer": ours.pk, "total": " 10.50 "}])
    assert messages(row) == ["total: this kind of value does not fit"]
    assert list(Order.objects.values_list("total", flat=True)) == [Decimal("10.50")]


@pytest.mark.parametrize("verb", ["update", "delete"])
def test_a_key_is_a_number_only_if_it_is_written_as_one(verb: str, ours: Customer) -> None:
    Customer.objects.filter(pk=ours.pk).update(id=3_520)
    keys = ["35_20", "\u0663\u0665\u0662\u0660"]
    row = done(customers(verb), [{"id": key} for key in keys])
    assert row.result["errors"] == {"NOT_FOUND": 2} and Customer.objects.filter(pk=3_520).exists()
    row = done(ORDER, [{"customer": key, "total": 1} for key in keys])
    assert row.result["failed"] == 2 and not Order.objects.exists()
    assert done(customers(verb), [{"id": "3520"}]).result["succeeded"] == 1


@pytest.mark.parametrize(
    ("value", "is_changed"), [(2.5, True), (2.0, False), (2, False), ("2.5", False), ("1_0", True), ("", False)]
)
def test_half_of_a_whole_number_is_not_dropped(value: Any, is_changed: bool) -> None:
    # Django would store 2 for 2.5; of the text it says itself that it does not fit.
    assert _would_change(IntegerField(), value) is is_changed


def test_two_in_one_batch_that_exclude_each_other(ours: Customer) -> None:
    same = {"name": "Twin", "email": "twin@example.org"}
    submitted = submit_bulk(customers("create"), [same, same, {"name": "Other"}])
    assert run_next().status == Status.COMPLETED
    assert codes(submitted) == {0: None, 1: "VALIDATION_ERROR", 2: None}


def test_another_tenant_may_have_the_same(theirs: Customer) -> None:
    assert done(customers("create"), [{"name": "Two", "email": theirs.email}]).result["succeeded"] == 1


def test_stop_keeps_what_was_before(ours: Customer) -> None:
    row = done(customers("create"), [{"name": "A"}, {"name": ""}, {"name": "C"}], on_error="stop")
    assert (row.result["succeeded"], row.result["failed"], row.result["skipped"]) == (1, 1, 1)
    assert set(Customer.objects.values_list("name", flat=True)) == {"Ours", "A"}


def test_a_batch_that_is_interrupted_is_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows and outcomes are one transaction: after a death in the middle there is neither."""
    from jobs.bulk import slices  # noqa: PLC0415

    def die(*_: object) -> None:
        raise slices.AttemptLost

    submitted = submit_bulk(customers("create"), [{"name": "A"}, {"name": "B"}])
    monkeypatch.setattr(slices, "record", die)
    run_next()
    assert not Customer.objects.exists() and codes(submitted) == {}
