import base64
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.models import AsyncRequest, Status
from jobs.requests.reads import find, list_page, owned_by, snapshot
from tests.jobs.building import change, make_submission, row_of, run_next, store, submit

pytestmark = pytest.mark.django_db(transaction=True)
ALICE = owned_by("acme", "alice")


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


def all_pages(limit: int, **filters: str) -> list[uuid.UUID]:
    ids: list[uuid.UUID] = []
    cursor = None
    while True:
        rows, cursor = list_page(ALICE, limit=limit, cursor=cursor, **filters)
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
