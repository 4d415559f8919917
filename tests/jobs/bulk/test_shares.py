"""Child requests that share a bulk: clients do not see them, they fill nobody's list, and none outlives its parent."""

from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from jobs.bulk.shares import end_orphans, invite
from jobs.models import AsyncRequest, Status
from jobs.requests.cancellation import request_cancel
from jobs.requests.reads import NotFound, changed_after, changed_since, list_page, owned_by
from jobs.requests.retrying import retry
from tests.jobs.building import change, claim, make_submission, row_of, store
from tests.jobs.bulk.building import ECHO, echoes, run, submit_bulk

pytestmark = pytest.mark.django_db(transaction=True)
PAYLOAD: dict[str, Any] = {"operation": ECHO, "on_error": "continue"}


def children_of(request_id: object) -> list[AsyncRequest]:
    return list(AsyncRequest.objects.filter(parent_id=request_id).order_by("created_at"))


def test_it_works(settings: Settings) -> None:
    settings.STREAMER_BULK_SHARES = 2
    bulk = submit_bulk(ECHO, echoes(1))
    invite(bulk, PAYLOAD, 5)
    invite(bulk, PAYLOAD, 5)
    assert [(row.action, row.user_id, row.tenant_id, row.queue) for row in children_of(bulk)] == [
        ("bulk_share", "alice", "acme", "bulk")
    ] * 2


def test_clients_see_only_the_bulk() -> None:
    before = timezone.now()
    bulk = submit_bulk(ECHO, echoes(1))
    invite(bulk, PAYLOAD, 2)
    assert [row.id for row in list_page(owned_by("acme", "alice"))[0]] == [bulk]
    assert [row.id for row in changed_since("acme", "alice", before, 10)] == [bulk]
    assert [request_id for request_id, *_ in changed_after(before)] == [bulk]


def test_they_take_no_place_among_the_users_waiting_requests(settings: Settings) -> None:
    settings.STREAMER_MAX_WAITING_PER_USER = 2
    invite(submit_bulk(ECHO, echoes(1)), PAYLOAD, 3)
    store(make_submission())


def test_they_come_after_what_the_tenant_had_waiting() -> None:
    bulk = submit_bulk(ECHO, echoes(1))
    claimed = claim()
    other = store(make_submission())
    invite(bulk, PAYLOAD, 1)
    assert (claimed.request_id, claim().request_id) == (bulk, other)


def test_one_whose_bulk_has_ended_does_nothing() -> None:
    bulk = submit_bulk(ECHO, echoes(1))
    claim()
    invite(bulk, PAYLOAD, 1)
    share = claim()
    change(bulk, status=Status.FAILED)
    assert run(share).result == {"processed": 0}


def test_a_cancel_reaches_all() -> None:
    bulk = submit_bulk(ECHO, echoes(1))
    claim()
    invite(bulk, PAYLOAD, 2)
    running = claim()
    request_cancel(bulk)
    waiting = next(row for row in children_of(bulk) if row.id != running.request_id)
    assert row_of(running.request_id).cancel_requested_at is not None
    assert waiting.status == Status.CANCELLED


def test_none_outlives_its_bulk() -> None:
    bulk = submit_bulk(ECHO, echoes(1))
    invite(bulk, PAYLOAD, 2)
    assert end_orphans(timezone.now()) == 0
    change(bulk, status=Status.FAILED)
    assert end_orphans(timezone.now()) == 2
    assert {row.status for row in children_of(bulk)} == {Status.CANCELLED}


def test_one_cannot_be_submitted_again_by_itself() -> None:
    bulk = submit_bulk(ECHO, echoes(1))
    invite(bulk, PAYLOAD, 1)
    (share,) = children_of(bulk)
    change(share.id, status=Status.FAILED)
    with pytest.raises(NotFound):
        retry(share.id)
