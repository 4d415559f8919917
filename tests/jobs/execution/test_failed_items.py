"""A request that completes although some of its items failed says how many, everywhere."""

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.utils import timezone

from jobs.handler import Context, Handler, Payload, Retryable, get_handle
from jobs.log.outcomes import Completed, FromCache
from jobs.models import AsyncRequest, BulkSlice
from jobs.requests.reads import brief_snapshot, snapshot
from jobs.testing import run_handler
from jobs.testing.stack import InProcessStack
from tests.jobs.building import change, final_of, make_submission, row_of, run_next, store
from tests.jobs.bulk.building import ECHO, run_to_end, submit_bulk

pytestmark = pytest.mark.django_db(transaction=True)


class _ItemsPayload(Payload):
    numbers: list[Any]
    """One for each report; the attempt fails after null."""


class _Items(Handler[_ItemsPayload]):
    action = "test_items"
    estimated_seconds = 6.0

    def run(self, payload: _ItemsPayload, context: Context) -> dict[str, Any]:
        for number in payload.numbers:
            if number is None and context.attempt == 1:
                raise Retryable("Once more")
            if number is not None and not (context.attempt > 1 and None in payload.numbers):
                context.report_failed_items(number)
        return {}


def test_it_works(streamer: InProcessStack) -> None:
    streamer.submit(_Items, {"numbers": [1, 3]})
    row = run_next()
    assert row.failed_items == 3 == final_of(row.id)["failed_items"]
    assert get_handle(row.id, user_id="alice", tenant_id="acme").state().failed_items == 3
    assert snapshot(row)["failed_items"] == 3 == brief_snapshot(row)["failed_items"]


def test_none_is_left_out(streamer: InProcessStack) -> None:
    streamer.submit(_Items, {"numbers": [2, 0]})
    row = run_next()
    assert row.failed_items == 0 and "failed_items" not in final_of(row.id) and "failed_items" not in snapshot(row)


def test_an_attempt_that_did_not_complete_counts_for_nothing(streamer: InProcessStack) -> None:
    streamer.submit(_Items, {"numbers": [5, None]})
    row = run_next()
    assert (row.status, row.failed_items) == ("retrying", 0)
    change(row.id, available_at=timezone.now())
    row = run_next()
    assert (row.status, row.failed_items) == ("completed", 0)


@pytest.mark.parametrize("number", [-1, True, 1.5, "2", 2**31])
def test_only_a_number_of_items_can_be_reported(number: Any) -> None:
    run = run_handler(_Items(), {"numbers": [number]})
    assert isinstance(run.exception, ValueError) and run.failed_items == 0


def test_a_bulk_reports_the_items_that_failed() -> None:
    row = run_to_end(submit_bulk(ECHO, [{"message": "a"}, {"mesage": "b"}, {}, {"message": "c"}]))
    failed = row.result["failed"]
    assert failed > 0 and row.failed_items == failed == final_of(row.id)["failed_items"]


def test_a_result_from_the_cache_has_those_of_the_earlier_request() -> None:
    known = FromCache(
        request_id=row_of(store(make_submission())).id,
        computed_at=timezone.now(),
        result={},
        artifacts=[],
        failed_items=4,
    )
    row = row_of(store(make_submission(cached=known)))
    assert (row.status, row.failed_items, final_of(row.id)["failed_items"]) == ("completed", 4, 4)
    assert Completed(result=1, artifacts=[]).changes().keys() >= {"failed_items"}


def test_bulks_of_before_are_counted_when_the_database_is_upgraded() -> None:
    ended, runs, fine = (store(make_submission("bulk_operation", queue="bulk")) for _ in range(3))
    AsyncRequest.objects.filter(id__in=[ended, fine]).update(status="completed", finished_at=timezone.now())
    for request_id, failures in ((ended, (2, 3, 0)), (runs, (4,)), (fine, (0,))):
        for number, failed in enumerate(failures):
            BulkSlice.objects.create(
                request_id=request_id, number=number, first=5 * number, size=5, items=[], done=5, failed=failed
            )
    import_module("jobs.migrations.0012_titles").count_failed_items(apps, None)
    assert [row_of(one).failed_items for one in (ended, runs, fine)] == [5, 0, 0]
