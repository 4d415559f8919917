"""Handles of requests: their state, waiting, cancelling, their messages, and how to get one again."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections, transaction
from django.db.models import Q
from pytest_django import Settings

from jobs.execution.shift import work_shift
from jobs.handler import (
    NotFound,
    RequestHandle,
    WaitInTransaction,
    WaitTimeout,
    aget_handle,
    get_handle,
    submit,
)
from jobs.log.events import Draft, EventType, append
from jobs.models import Status
from jobs.requests.cancellation import request_cancel
from jobs.requests.python_api import handle as handle_module
from tests.handlers.zoo import Count
from tests.jobs.building import Threads, change, claim, log_of, row_of, run_next
from tests.local.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True)
ALICE: dict[str, Any] = {"user_id": "alice", "tenant_id": "acme"}
LONG_SECONDS = 20.0


@pytest.fixture
async def database_of_the_loop() -> AsyncIterator[None]:
    """Asynchronous code uses a connection of another thread, which no test may leave open."""
    yield
    await sync_to_async(connections.close_all)()


def test_it_works() -> None:
    handle = Count.submit({"updates": 2}, **ALICE)
    assert (handle.status, handle.result, handle.error) == ("pending", None, None)
    run_next()
    state = handle.wait(LONG_SECONDS)
    assert state == handle.state() and state.is_final
    assert (state.id, state.action, state.status, state.attempt) == (handle.id, "zoo_count", "completed", 1)
    assert (state.percentage, state.message, state.result, state.error) == (100, "2 of 2", {"updates": 2}, None)
    assert (handle.status, handle.result) == ("completed", {"updates": 2})


def test_a_failed_request_has_an_error() -> None:
    handle = submit("zoo_permanent", **ALICE)
    run_next()
    assert handle.error == handle.state().error == row_of(handle.id).error
    assert handle.error is not None and handle.error["message"] == "The file has no rows"
    assert handle.result is None


def test_the_error_of_one_attempt_is_not_that_of_the_request() -> None:
    handle = submit("zoo_retryable", **ALICE)
    run_next()
    assert (handle.status, handle.error) == ("retrying", None)


# --- waiting ---------------------------------------------------------------------------------------------------------


def test_waiting_ends_when_a_worker_has_done_the_work(settings: Settings) -> None:
    settings.STREAMER_LINGER_SECONDS = 0.1
    done = Count.submit({"updates": 2}, **ALICE)
    failed = submit("zoo_permanent", **ALICE)
    with Threads(
        lambda: done.wait(LONG_SECONDS).result,
        lambda: failed.wait(LONG_SECONDS).error,
        lambda: work_shift(["default"], "the worker"),
    ) as threads:
        pass
    assert {"updates": 2} in threads.answers and failed.error in threads.answers
    assert done.status == "completed" and failed.status == "failed"


def test_waiting_needs_no_redis(redis_away: object) -> None:
    handle = Count.submit({"updates": 2}, **ALICE)
    with Threads(lambda: handle.wait(LONG_SECONDS), run_next) as threads:
        pass
    assert {"completed"} == {answer.status for answer in threads.answers}


@pytest.mark.parametrize("timeout_seconds", [-1, 0, 0.05])
def test_waiting_ends_when_the_time_is_up_and_the_request_goes_on(timeout_seconds: float) -> None:
    handle = Count.submit({"updates": 1}, **ALICE)
    with pytest.raises(TimeoutError, match="still pending") as late:
        handle.wait(timeout_seconds)
    assert isinstance(late.value, WaitTimeout) and late.value.state.status == "pending"
    assert run_next().status == Status.COMPLETED


def test_a_waiter_looks_often_at_first_and_then_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    pauses = list[float]()

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        clock[0] += seconds

    monkeypatch.setattr(handle_module, "time", SimpleNamespace(sleep=sleep, monotonic=lambda: clock[0]))
    with pytest.raises(WaitTimeout):
        Count.submit({}, **ALICE).wait(60)
    assert sum(pauses) == pytest.approx(60)
    assert (min(pauses[:-1]), max(pauses)) == (0.02, 1.0)
    assert len(pauses) < 110 and pauses[:-1] == sorted(pauses[:-1])


def test_waiting_inside_a_block_that_is_not_committed_is_refused() -> None:
    ended = Count.submit({"updates": 1}, **ALICE)
    run_next()
    with transaction.atomic():
        handle = Count.submit({}, **ALICE)
        with pytest.raises(WaitInTransaction, match="after the block"):
            handle.wait(LONG_SECONDS)
        assert handle.status == "pending"
        assert ended.wait(LONG_SECONDS).status == "completed"  # nothing has to be waited for
    assert handle.status == "pending"


def test_after_a_rollback_there_is_nothing_to_wait_for() -> None:
    with suppress(ZeroDivisionError), transaction.atomic():
        handle = Count.submit({}, **ALICE)
        raise ZeroDivisionError
    for use in (lambda: handle.wait(LONG_SECONDS), lambda: handle.status, handle.cancel, lambda: [*handle.events()]):
        with pytest.raises(NotFound, match=str(handle.id)):
            use()


# --- cancelling ------------------------------------------------------------------------------------------------------


def test_what_waits_is_cancelled_at_once() -> None:
    handle = Count.submit({}, **ALICE)
    assert handle.cancel() == handle.status == "cancelled"
    assert handle.wait(LONG_SECONDS).result is None
    assert handle.cancel() == "cancelled"


def test_what_runs_is_asked_to_stop() -> None:
    handle = submit("zoo_swallow", **ALICE)
    with Threads(run_next, lambda: cancel_once_it_runs(handle)) as threads:
        pass
    assert "processing" in threads.answers and handle.status == "cancelled"


def cancel_once_it_runs(handle: RequestHandle) -> str:
    eventually(lambda: handle.status != "pending", "a worker has claimed it")
    return handle.cancel()


def test_what_has_ended_stays_as_it_is() -> None:
    handle = Count.submit({"updates": 1}, **ALICE)
    run_next()
    assert handle.cancel() == "completed"


def test_a_cancel_is_part_of_the_callers_transaction() -> None:
    handle = Count.submit({}, **ALICE)
    with suppress(ZeroDivisionError), transaction.atomic():
        assert handle.cancel() == "cancelled"
        raise ZeroDivisionError
    assert handle.status == "pending" and log_of(handle.id) == []


def test_what_a_cancelled_handler_had_done_is_its_receipt() -> None:
    handle = Count.submit({}, **ALICE)
    change(handle.id, status=Status.CANCELLED, result={"rows": 3})
    assert (handle.state().receipt, handle.result) == ({"rows": 3}, None)


# --- messages --------------------------------------------------------------------------------------------------------


def test_events_are_the_numbered_messages() -> None:
    handle = Count.submit({"updates": 3}, **ALICE, idempotency_key="mine")
    assert list(handle.events()) == []
    run_next()
    messages = list(handle.events())
    assert messages == [event.message() | {"id": "mine"} for event in log_of(handle.id)]
    assert [message["seq"] for message in messages] == list(range(1, len(messages) + 1))
    assert messages[0]["type"] == "started" and messages[-1]["final"] is True
    assert list(handle.events(after_seq=1)) == messages[1:]
    assert list(handle.events(after_seq=messages[-1]["seq"])) == []


@pytest.mark.parametrize("count", [3, 4, 5])
def test_events_are_read_page_by_page(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(handle_module, "_PAGE", 2)
    handle = Count.submit({}, **ALICE)
    claim()
    append(handle.id, [Draft(type=EventType.PARTIAL)] * (count - 1), where=Q(), changes={})
    reading = handle.events()
    assert next(reading)["seq"] == 1
    row_of(handle.id).events.filter(seq=count).delete()
    assert [message["seq"] for message in reading] == list(range(2, count))


# --- a handle again --------------------------------------------------------------------------------------------------


def test_a_handle_is_got_again_by_its_id() -> None:
    handle = Count.submit({}, **ALICE)
    for again in (get_handle(handle.id), get_handle(str(handle.id), **ALICE), get_handle(handle.id, user_id="alice")):
        assert again == RequestHandle(id=handle.id, created=False)


@pytest.mark.parametrize("owner", [{"user_id": "bob"}, {"tenant_id": "other"}, {**ALICE, "tenant_id": "other"}])
def test_what_is_foreign_cannot_be_told_from_what_is_not_there(owner: dict[str, Any]) -> None:
    handle = Count.submit({}, **ALICE)
    for request_id in (handle.id, uuid.uuid4(), "no id at all"):
        with pytest.raises(NotFound, match=f"There is no request {request_id}"):
            get_handle(request_id, **owner)


# --- from asynchronous code ------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("database_of_the_loop")
async def test_asynchronous_code_has_the_same() -> None:
    handle = await Count.asubmit({"updates": 2}, **ALICE)
    assert await aget_handle(handle.id, **ALICE) == RequestHandle(id=handle.id)
    assert await handle.astatus() == "pending"
    with pytest.raises(WaitTimeout):
        await handle.async_wait(0.05)
    waiting = asyncio.create_task(handle.async_wait(LONG_SECONDS))
    await asyncio.to_thread(run_aside)
    state = await waiting
    assert state == await handle.astate() and state.result == {"updates": 2}
    assert await handle.acancel() == "completed"
    assert [message async for message in handle.aevents(1)] == await sync_to_async(list)(handle.events(1))
    with pytest.raises(NotFound):
        await aget_handle(uuid.uuid4())


def run_aside() -> None:
    with Threads(run_next):
        pass


@pytest.mark.usefixtures("database_of_the_loop")
async def test_an_asynchronous_waiter_can_be_cancelled_and_the_request_goes_on() -> None:
    handle = await Count.asubmit({}, **ALICE)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await handle.async_wait(LONG_SECONDS)
    assert await handle.acancel() == "cancelled"


@pytest.mark.usefixtures("database_of_the_loop")
async def test_events_come_page_by_page_to_asynchronous_code_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handle_module, "_PAGE", 2)
    handle = await Count.asubmit({}, **ALICE)
    await sync_to_async(claim)()
    await sync_to_async(request_cancel)(handle.id)
    await sync_to_async(append)(handle.id, [Draft(type=EventType.PARTIAL)] * 4, where=Q(), changes={})
    assert [message["seq"] async for message in handle.aevents()] == [1, 2, 3, 4, 5]
