import json
import uuid
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from jobs.log import events
from jobs.log.events import Draft, EventType, NotOwner, append, read_after
from jobs.log.outcomes import Completed
from jobs.models import Artifact, RequestEvent, Status
from tests.jobs.building import Threads, artifact_of, claim, log_of, make_submission, row_of, store, submit

pytestmark = pytest.mark.django_db(transaction=True)
PROGRESS = Draft(type=EventType.PROGRESS, data={"percentage": 1, "message": "one", "metadata": {}})
DONE = Completed(result={"rows": 3}, artifacts=[])


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Collect the frames sent to followers: (request, frames)."""
    seen: list[tuple[Any, ...]] = []
    monkeypatch.setattr(events, "publish", lambda request_id, frames, owner: seen.append((request_id, frames)))
    return seen


def test_it_works(published: list[tuple[Any, ...]]) -> None:
    request_id = store(make_submission(client_id="mine"))
    claimed = claim()
    published.clear()
    appended = append(request_id, [PROGRESS, PROGRESS], where=claimed.fence, changes={"percentage": 1})
    assert appended.last_seq == 3 and appended.cancel_requested_at is None
    messages = [event.message() | {"id": "mine"} for event in log_of(request_id)[1:]]
    common = {"type": "progress", "request_id": str(request_id), "attempt": 1}
    assert [message | common for message in messages] == messages
    assert row_of(request_id).percentage == 1
    ((told_id, frames),) = published
    assert told_id == request_id
    # Followers get the same, whether it is pushed or read.
    assert [(seq, json.loads(text), final) for seq, text, final in frames] == [
        (seq, message, False) for seq, message in zip((2, 3), messages, strict=True)
    ]


@pytest.mark.parametrize(
    "fence",
    [
        Q(status=Status.PROCESSING, attempt=2),
        Q(status=Status.PROCESSING, attempt=1, attempt_token=uuid.UUID(int=0)),
        Q(status=Status.PENDING),
    ],
)
def test_who_does_not_hold_the_attempt_writes_nothing(fence: Q, published: list[tuple[Any, ...]]) -> None:
    request_id = submit()
    claim()
    published.clear()
    with pytest.raises(NotOwner):
        append(request_id, [PROGRESS], where=fence, changes={"percentage": 99})
    assert [event.type for event in log_of(request_id)] == ["started"]
    assert row_of(request_id).percentage == 0 and published == []


def test_final_is_final() -> None:
    request_id = submit()
    claimed = claim()
    append(request_id, [DONE.draft()], where=claimed.fence, changes=DONE.changes())
    for where in (claimed.fence, Q()):
        with pytest.raises(NotOwner):
            append(request_id, [PROGRESS], where=where, changes={"status": Status.FAILED})
    assert row_of(request_id).status == Status.COMPLETED
    assert [event.is_final for event in log_of(request_id)] == [False, True]


def test_a_request_that_does_not_exist_has_no_owner() -> None:
    with pytest.raises(NotOwner):
        append(uuid.uuid4(), [PROGRESS], where=Q(), changes={})


def test_artifacts_come_into_being_with_the_append_or_not_at_all() -> None:
    request_id = submit()
    claimed = claim()
    with pytest.raises(NotOwner):
        append(request_id, [DONE.draft()], where=Q(attempt=9), changes={}, artifacts=[artifact_of(request_id)])
    assert not Artifact.objects.exists()
    append(request_id, [DONE.draft()], where=claimed.fence, changes=DONE.changes(), artifacts=[artifact_of(request_id)])
    assert Artifact.objects.get().request_id == request_id


def test_it_writes_everything_or_nothing(published: list[tuple[Any, ...]]) -> None:
    request_id = submit()
    claimed = claim()
    published.clear()
    # A row that is in the way of the second event's number.
    RequestEvent.objects.create(request_id=request_id, seq=3, type="progress", attempt=1)
    with pytest.raises(IntegrityError):
        append(request_id, [PROGRESS, PROGRESS], where=claimed.fence, changes={"percentage": 50})
    row = row_of(request_id)
    assert (row.last_seq, row.percentage) == (1, 0)
    assert not RequestEvent.objects.filter(request_id=request_id, seq=2).exists() and published == []


def test_followers_are_told_after_the_commit_and_not_before(published: list[tuple[Any, ...]]) -> None:
    request_id = submit()
    claimed = claim()
    published.clear()
    with transaction.atomic():
        append(request_id, [PROGRESS], where=claimed.fence, changes={})
        assert published == []
    assert len(published) == 1


def test_followers_are_not_told_of_what_was_rolled_back(published: list[tuple[Any, ...]]) -> None:
    request_id = submit()
    claimed = claim()
    published.clear()
    with pytest.raises(KeyError), transaction.atomic():
        append(request_id, [PROGRESS], where=claimed.fence, changes={})
        raise KeyError
    assert published == [] and row_of(request_id).last_seq == 1


def test_a_fault_in_publishing_does_not_reach_the_writer(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ValueError("a bug")

    request_id = submit()
    monkeypatch.setattr(events, "publish", broken)
    claim()
    assert len(log_of(request_id)) == 1


def test_without_drafts_only_the_columns_change(published: list[tuple[Any, ...]]) -> None:
    request_id = submit()
    claimed = claim()
    published.clear()
    assert append(request_id, [], where=claimed.fence, changes={"worker": "other"}).last_seq == 1
    assert row_of(request_id).worker == "other" and published == []


def test_it_brings_back_that_the_request_is_to_be_cancelled() -> None:
    request_id = submit()
    claimed = claim()
    wish = timezone.now()
    type(row_of(request_id)).objects.filter(id=request_id).update(cancel_requested_at=wish)
    appended = append(request_id, [PROGRESS], where=claimed.fence, changes={})
    assert appended.cancel_requested_at == wish


def test_writers_at_the_same_moment_leave_no_hole() -> None:
    request_id = submit()
    claimed = claim()

    def write() -> None:
        for _ in range(10):
            append(request_id, [PROGRESS] * 2, where=claimed.fence, changes={})

    with Threads(*[write] * 4):
        pass
    assert len(log_of(request_id)) == 1 + 4 * 10 * 2
    assert row_of(request_id).last_seq == 81


def test_reading_starts_after_the_number_and_ends_at_the_limit() -> None:
    request_id = submit()
    claimed = claim()
    append(request_id, [PROGRESS] * 9, where=claimed.fence, changes={})
    assert [event.seq for event in read_after(request_id, None, 0)] == list(range(1, 11))
    assert [event.seq for event in read_after(request_id, None, 4, limit=3)] == [5, 6, 7]
    assert read_after(request_id, None, 10) == []
    assert read_after(uuid.uuid4(), None, 0) == []
