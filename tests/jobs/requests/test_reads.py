import base64
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from jobs import paging
from jobs.models import FINAL, AsyncRequest, RequestTag, Status
from jobs.requests.reads import Wanted, find, list_page, owned_by, snapshot
from tests.jobs.building import change, make_submission, row_of, run_next, store, submit

pytestmark = pytest.mark.django_db(transaction=True)
ALICE = owned_by("acme", "alice")


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


def all_pages(limit: int, **filters: Any) -> list[uuid.UUID]:
    ids: list[uuid.UUID] = []
    cursor = None
    while True:
        rows, cursor = list_page(ALICE, Wanted(**filters), limit=limit, cursor=cursor)
        ids += [row.id for row in rows]
        if cursor is None:
            return ids
        assert len(rows) == limit


def test_it_works() -> None:
    request_id = store(make_submission("echo_async", payload={"message": "hi"}, client_id="mine", metadata={"tab": 1}))
    body = snapshot(run_next())
    assert body["request_id"] == str(request_id) and body["id"] == "mine" and body["metadata"] == {"tab": 1}
    assert (body["status"], body["percentage"], body["result"]) == ("completed", 100, {"message": "hi"})
    assert body["created_at"] <= body["started_at"] <= body["finished_at"] and body["seq"] == 3
    assert "error" not in body and "retry_at" not in body


def test_a_snapshot_says_what_belongs_to_its_status() -> None:
    request_id = submit("zoo_retryable")
    pending = snapshot(row_of(request_id))
    assert (pending["seq"], pending["started_at"], pending["attempt"]) == (0, None, 0)
    assert not {"id", "result", "error", "retry_at"} & pending.keys()
    retrying = snapshot(run_next())
    assert retrying["retry_at"] == row_of(request_id).available_at.timestamp() and "error" not in retrying
    change(request_id, cancel_requested_at=timezone.now())
    assert snapshot(row_of(request_id))["cancel_requested"] is True


def test_a_failed_one_says_why() -> None:
    submit("zoo_permanent")
    assert snapshot(run_next())["error"]["message"] == "The file has no rows"


def test_only_the_owner_finds_it() -> None:
    request_id = submit()
    row = find(request_id, ALICE)
    assert row is not None and row.id == request_id
    assert find(request_id, owned_by("acme", "bob")) is None and find(request_id, owned_by("other", "alice")) is None
    assert find(uuid.uuid4(), ALICE) is None


# --- pages -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def twenty() -> list[uuid.UUID]:
    """Store requests of Alice, newest first, some of the same moment, and one each of Bob and Charlie."""
    store(make_submission(user="bob"))
    store(make_submission(user="charlie", tenant="other"))
    ids = [submit() for _ in range(20)]
    now = timezone.now()
    for number, request_id in enumerate(ids):
        change(request_id, created_at=now - timedelta(seconds=number // 4))
    return list(AsyncRequest.objects.filter(ALICE).order_by("-created_at", "-id").values_list("id", flat=True))


@pytest.mark.parametrize("limit", [1, 3, 4, 19, 20, 21])
def test_pages_are_complete_and_in_order(twenty: list[uuid.UUID], limit: int) -> None:
    assert all_pages(limit) == twenty


def test_a_page_ends_where_it_would_be_too_large_and_the_next_goes_on(
    twenty: list[uuid.UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, request_id in enumerate(twenty):
        change(request_id, metadata={"text": "x" * 1_000 * (5 if number == 7 else 1)})
    monkeypatch.setattr(paging, "PAGE_BYTES", 4_500)
    ids, sizes, cursor = list[uuid.UUID](), list[int](), None
    while not sizes or cursor is not None:
        rows, cursor = list_page(ALICE, limit=20, cursor=cursor)
        ids += [row.id for row in rows]
        sizes.append(len(rows))
    # The one with 5,000 bytes is more than a page, and comes alone.
    assert ids == twenty and sizes == [3, 3, 1, 1, 3, 3, 3, 3]


def test_a_newcomer_shifts_no_page(twenty: list[uuid.UUID]) -> None:
    first, cursor = list_page(ALICE, limit=10)
    submit()
    second, _ = list_page(ALICE, limit=10, cursor=cursor)
    assert [row.id for row in (*first, *second)] == twenty


def test_pages_can_be_narrowed(twenty: list[uuid.UUID]) -> None:
    running = twenty[7]
    change(running, status=Status.PROCESSING)
    submit("zoo_crash")
    assert all_pages(7, status=Status.PROCESSING.value) == [running]
    assert len(all_pages(7, action="zoo_count")) == 20 and len(all_pages(7, action="zoo_crash")) == 1
    assert all_pages(7, status="no such") == []


def test_requests_are_found_by_a_tag_page_by_page() -> None:
    store(make_submission(user="bob", tags=("nightly",)))
    store(make_submission(tenant="other", tags=("nightly",)))
    ids = [store(make_submission(tags=("nightly", "all") if number % 2 else ("all",))) for number in range(9)]
    assert all_pages(2, tag="nightly") == [request_id for request_id in reversed(ids) if ids.index(request_id) % 2]
    assert all_pages(4, tag="all") == ids[::-1] and all_pages(4, tag="Nightly") == []


@pytest.mark.parametrize("status", [None, *Status.values])
def test_a_tag_goes_with_every_other_filter(status: str | None) -> None:
    for action in ("zoo_count", "zoo_crash"):
        for one in Status.values:
            request_id = store(make_submission(action, tags=("here",)))
            change(request_id, status=one, finished_at=timezone.now() if one in FINAL else None)
            change(store(make_submission(action)), status=one, finished_at=timezone.now() if one in FINAL else None)
    found = AsyncRequest.objects.filter(id__in=all_pages(3, tag="here", action="zoo_crash", status=status))
    assert {row.status for row in found} == ({status} if status else set(Status.values))
    assert {(row.action, *row.tags) for row in found} == {("zoo_crash", "here")}


@pytest.mark.parametrize("tag", [None, "here"])
def test_a_list_begins_and_ends_at_a_moment(tag: str | None) -> None:
    start = timezone.now().replace(microsecond=0)
    ids = []
    for number in range(4):
        request_id = store(make_submission(tags=("here",)))
        moment = start + timedelta(seconds=number)
        change(request_id, created_at=moment)
        RequestTag.objects.filter(request_id=request_id).update(created_at=moment)
        ids.append(request_id)
    between = {"created_after": start + timedelta(seconds=1), "created_before": start + timedelta(seconds=3)}
    assert all_pages(1, tag=tag, **between) == [ids[2], ids[1]]


def test_a_snapshot_has_its_tags_in_the_order_they_were_given() -> None:
    assert snapshot(row_of(store(make_submission(tags=("b", "a")))))["tags"] == ["b", "a"]
    assert snapshot(row_of(submit()))["tags"] == []


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "nonsense",
        "!!!!",
        "ä" * 8,
        encoded("2026-01-01T00:00:00+00:00"),
        encoded("yesterday 00000000-0000-0000-0000-000000000001"),
        encoded("2026-01-01T00:00:00+00:00 no-id"),
        # Times that no page gave, as no database can compare them.
        encoded("2026-01-01T00:00:00 00000000-0000-0000-0000-000000000001"),
        encoded("0001-01-01T00:00:00+23:59 00000000-0000-0000-0000-000000000001"),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    ],
)
def test_a_cursor_that_no_page_gave_is_refused(cursor: str) -> None:
    submit()
    with pytest.raises(ValueError, match="cursor"):
        list_page(ALICE, cursor=cursor)
