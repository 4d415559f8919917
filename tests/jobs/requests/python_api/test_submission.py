"""Requests that Python code submits: as strict as a socket, and part of the caller's transaction."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections, transaction
from pytest_django import Settings

from jobs.contract.registry import all_handlers
from jobs.handler import (
    DuplicateRequest,
    Handler,
    InvalidPayload,
    RequestHandle,
    RequestRefused,
    asubmit,
    submit,
)
from jobs.log import publishing
from jobs.log.publishing import publish_changes
from jobs.models import AsyncRequest
from jobs.queue.wakeups import waiting_rings
from jobs.requests import after_commit
from tests.handlers.results import Kept
from tests.handlers.zoo import Count, CountPayload
from tests.jobs.building import Threads, change, claim, log_of, make_submission, row_of, run_next, store
from tests.shop.models import Customer

pytestmark = pytest.mark.django_db(transaction=True)
ALICE: dict[str, Any] = {"user_id": "alice", "tenant_id": "acme"}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Collect the changes sent to the feeds of users: (owner, request)."""
    changes = list[Any]()

    def publish(items: Any) -> None:
        changes.extend(found := list(items))
        publish_changes(found)

    monkeypatch.setattr(after_commit, "publish_changes", publish)
    return changes


def customers() -> list[str]:
    return sorted(Customer.objects.values_list("name", flat=True))


def add_customer(name: str) -> None:
    Customer.objects.create(tenant="acme", name=name)


def test_it_works() -> None:
    handle = Count.submit(
        {"updates": 3},
        **ALICE,
        idempotency_key="order-7",
        metadata={"order": 7},
        tags=["b", "a", "b"],
        priority=5,
        expires_in_seconds=60,
    )
    row = row_of(handle.id)
    assert handle.created and handle.status == "pending"
    assert (row.tenant_id, row.user_id, row.client_id, row.action) == ("acme", "alice", "order-7", "zoo_count")
    assert row.tags == ["b", "a"]
    assert (row.payload, row.metadata, row.queue, row.priority) == ({"updates": 3}, {"order": 7}, "default", 5)
    assert row.expires_at is not None and (row.expires_at - row.created_at).total_seconds() == 60
    assert (row.estimated_seconds, row.connection_id) == (6.0, None)
    assert waiting_rings("default") == 1
    assert run_next().result == {"updates": 3}


def test_an_action_may_be_named_in_place_of_its_handler() -> None:
    handle = submit("zoo_count", {"updates": 1}, **ALICE)
    assert row_of(handle.id).action == "zoo_count"


@pytest.mark.parametrize("payload", [None, {}])
def test_without_a_payload_there_are_no_arguments(payload: Any) -> None:
    assert row_of(submit("zoo_permanent", payload, **ALICE).id).payload == {}


def test_an_unknown_field_is_a_fault_because_nobody_would_read_a_warning() -> None:
    with pytest.raises(InvalidPayload, match="udpates: this action has no such field; did you mean 'updates'"):
        submit("zoo_count", {"udpates": 3}, **ALICE)


def test_a_payload_may_be_a_model() -> None:
    handle = Count.submit(CountPayload(updates=2), **ALICE)
    assert row_of(handle.id).payload == {"updates": 2, "stages": 1}


def test_it_is_queued_however_quick_it_is() -> None:
    assert submit("echo", {"message": 1}, **ALICE).status == "pending"
    assert run_next().result == {"message": 1}


def test_internal_actions_are_for_code() -> None:
    assert submit("zoo_internal", **ALICE).status == "pending"


# --- the caller's transaction ----------------------------------------------------------------------------------------


def test_it_is_committed_with_the_callers_rows(told: list[Any]) -> None:
    with transaction.atomic():
        add_customer("Ada")
        handle = Count.submit({}, **ALICE)
        assert handle.status == "pending"
        assert waiting_rings("default") == 0 and told == []
    assert customers() == ["Ada"] and handle.status == "pending"
    assert waiting_rings("default") == 1 and told == [(("acme", "alice"), handle.id)]


def test_a_rollback_leaves_nothing_and_tells_nobody(told: list[Any]) -> None:
    with suppress(ZeroDivisionError), transaction.atomic():
        add_customer("Ada")
        Count.submit({}, **ALICE, idempotency_key="one")
        raise ZeroDivisionError
    assert customers() == [] and not AsyncRequest.objects.exists()
    assert waiting_rings("default") == 0 and told == []
    assert Count.submit({}, **ALICE, idempotency_key="one").created


def test_an_inner_block_may_be_rolled_back_alone(told: list[Any]) -> None:
    with transaction.atomic():
        outer = Count.submit({"updates": 1}, **ALICE)
        with suppress(ZeroDivisionError), transaction.atomic():
            Count.submit({"updates": 2}, **ALICE)
            raise ZeroDivisionError
        with transaction.atomic():
            inner = Count.submit({"updates": 3}, **ALICE)
        assert waiting_rings("default") == 0 and told == []
    assert set(AsyncRequest.objects.values_list("id", flat=True)) == {outer.id, inner.id}
    assert [request_id for _, request_id in told] == [outer.id, inner.id]


def test_nobody_else_sees_it_before_the_commit() -> None:
    submitted, seen = threading.Event(), threading.Event()

    def submit_slowly() -> None:
        with transaction.atomic():
            Count.submit({}, **ALICE)
            submitted.set()
            assert seen.wait(10)

    def look() -> int:
        assert submitted.wait(10)
        count = AsyncRequest.objects.count()
        seen.set()
        return count

    with Threads(submit_slowly, look) as threads:
        pass
    assert 0 in threads.answers and AsyncRequest.objects.count() == 1


@pytest.mark.parametrize(
    "refuse",
    [
        lambda: Count.submit({"updates": 2}, **ALICE, idempotency_key="one"),
        lambda: Count.submit({}, **ALICE),
        lambda: Count.submit({"updates": "two"}, **ALICE),
        lambda: Count.submit({}, user_id="alice", tenant_id="x" * 129),
        lambda: submit("no_such_action", **ALICE),
    ],
)
def test_after_a_refusal_the_callers_transaction_goes_on(settings: Settings, refuse: Callable[[], Any]) -> None:
    settings.STREAMER_MAX_WAITING_PER_USER = 1
    with transaction.atomic():
        Count.submit({"updates": 1}, **ALICE, idempotency_key="one")
        with pytest.raises((RequestRefused, InvalidPayload, ValueError)):
            refuse()
        add_customer("Ada")
    assert customers() == ["Ada"] and AsyncRequest.objects.count() == 1


def test_a_redis_that_is_away_fails_nothing(redis_away: object, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> Any:
        raise ConnectionError

    monkeypatch.setattr(publishing, "get_channel_layer", away)
    with transaction.atomic():
        handle = Count.submit({"updates": 1}, **ALICE)
    assert handle.status == "pending" and run_next().id == handle.id


# --- the idempotency key ---------------------------------------------------------------------------------------------


def test_the_same_key_and_payload_give_the_first_request_again(told: list[Any]) -> None:
    first = Count.submit({"updates": 1}, **ALICE, idempotency_key="one")
    run_next()
    second = Count.submit({"updates": 1}, **ALICE, idempotency_key="one")
    assert (first.created, second.created) == (True, False)
    assert second.id == first.id and second.status == "completed" and len(told) == 1


def test_the_same_key_with_another_payload_is_refused_and_names_the_fields() -> None:
    first = Count.submit({"updates": 1, "stages": 2}, **ALICE, idempotency_key="one")
    with pytest.raises(DuplicateRequest, match=r"payload\.updates") as refused:
        Count.submit({"updates": 2, "stages": 2}, **ALICE, idempotency_key="one")
    assert (refused.value.fields, refused.value.request_id) == (["payload.updates"], first.id)
    assert refused.value.body()["code"] == "DUPLICATE_REQUEST"
    with pytest.raises(DuplicateRequest) as refused:
        submit("zoo_permanent", **ALICE, idempotency_key="one")
    assert "action" in refused.value.fields


def test_a_key_is_shared_with_the_sockets_of_the_user() -> None:
    first = store(make_submission(client_id="one", payload={"updates": 1}))
    assert Count.submit({"updates": 1}, **ALICE, idempotency_key="one") == RequestHandle(id=first, created=False)
    assert Count.submit({"updates": 2}, user_id="bob", tenant_id="acme", idempotency_key="one").created


def test_a_race_for_one_key_makes_one_request_and_breaks_no_transaction() -> None:
    def order(name: str) -> RequestHandle:
        with transaction.atomic():
            add_customer(f"{name} before")
            handle = Count.submit({}, **ALICE, idempotency_key="one")
            add_customer(f"{name} after")
        return handle

    with Threads(lambda: order("Ada"), lambda: order("Bea")) as threads:
        pass
    assert customers() == ["Ada after", "Ada before", "Bea after", "Bea before"]
    assert sorted(handle.created for handle in threads.answers) == [False, True]
    assert {handle.id for handle in threads.answers} == {AsyncRequest.objects.get().id}


def test_whoever_waits_for_a_key_gets_it_when_its_first_owner_rolls_back() -> None:
    submitted, waiting = threading.Event(), threading.Event()

    def give_up() -> None:
        with suppress(ZeroDivisionError), transaction.atomic():
            Count.submit({"updates": 1}, **ALICE, idempotency_key="one")
            submitted.set()
            assert waiting.wait(10)
            raise ZeroDivisionError

    def come_second() -> RequestHandle:
        assert submitted.wait(10)
        waiting.set()
        with transaction.atomic():
            return Count.submit({"updates": 2}, **ALICE, idempotency_key="one")

    with Threads(give_up, come_second) as threads:
        pass
    (handle,) = filter(None, threads.answers)
    assert handle.created and row_of(handle.id).payload == {"updates": 2}


# --- from elsewhere --------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("own_storage")
def test_a_result_that_is_known_is_given_again_unless_it_is_to_be_fresh() -> None:
    first = Kept.submit({"text": "hi"}, **ALICE)
    run_next()
    rings = waiting_rings("default")
    with transaction.atomic():
        again = Kept.submit({"text": "hi"}, **ALICE)
        assert again.status == "completed"
    assert again.created and row_of(again.id).cached_from == first.id and log_of(again.id)[-1].is_final
    assert waiting_rings("default") == rings
    assert Kept.submit({"text": "hi"}, **ALICE, fresh=True).status == "pending"


async def test_asynchronous_code_submits_too() -> None:
    try:
        by_class = await Count.asubmit({"updates": 1}, **ALICE, idempotency_key="one")
        by_name = await asubmit("zoo_count", {"updates": 1}, **ALICE, idempotency_key="one")
        assert by_class.created and not by_name.created and by_name.id == by_class.id
        with pytest.raises(DuplicateRequest):
            await Count.asubmit({"updates": 2}, **ALICE, idempotency_key="one")
        assert await sync_to_async(waiting_rings)("default") == 1
    finally:
        await sync_to_async(connections.close_all)()


def test_a_handler_may_submit_the_next_request() -> None:
    handler = all_handlers()["zoo_submits"]
    assert isinstance(handler, Handler)
    handle = type(handler).submit(**ALICE)
    row = run_next()
    assert row.id == handle.id and row.status == "completed"
    followed = claim()
    assert str(followed.request_id) == row.result["next"] and followed.user_id == "alice"
    change(followed.request_id, status="pending")
