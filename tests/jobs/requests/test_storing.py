"""Submissions that are stored beside others: a second time, and at the same moment."""

import pytest
from django.db import connection
from django.db.models.expressions import RawSQL
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.jsonable import MAX_TAG_CHARACTERS
from jobs.log.outcomes import FromCache
from jobs.models import AsyncRequest, RequestTag
from jobs.requests.submission import Accepted, submit_many
from tests.jobs.building import claim, log_of, make_submission, row_of, store

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_known_result_that_is_stored_twice_after_a_lost_answer_ends_once() -> None:
    earlier = store(make_submission())
    known = FromCache(request_id=earlier, computed_at=timezone.now(), result={"rows": 1}, artifacts=[])
    submission = make_submission(cached=known)
    assert [store(submission) for _ in range(2)] == [submission.request_id] * 2
    assert [event.type for event in log_of(submission.request_id)] == ["complete"]


def test_ids_are_stored_in_one_order_whatever_order_they_came_in() -> None:
    """Two processes that stored the same ids in opposite orders would wait for each other for ever."""
    submit_many([make_submission(client_id=name) for name in ("id-b", "id-c", "id-a")])
    place = RawSQL("ctid" if connection.vendor == "postgresql" else "rowid", [])
    assert list(AsyncRequest.objects.order_by(place).values_list("client_id", flat=True)) == ["id-a", "id-b", "id-c"]
    assert [claim().client_id for _ in range(3)] == ["id-b", "id-c", "id-a"]


def test_a_hundred_take_as_many_statements_as_one() -> None:
    store(make_submission())  # how long the action takes is asked now and then
    counts = set()
    for number in (1, 10, 100):
        batch = [
            make_submission(client_id=f"{number} {n}", user=f"user {n % 7}", tenant=f"t{n % 3}") for n in range(number)
        ]
        with CaptureQueriesContext(connection) as captured:
            assert all(isinstance(outcome, Accepted) for outcome in submit_many(batch))
        counts.add(len(captured))
    assert counts == {7}  # begin, counts, earlier ids, requests, bytes, use of the day, commit


def test_tags_cost_one_statement_for_a_batch_and_none_without_them() -> None:
    store(make_submission())
    counts = []
    for tags in ((), ("a", "b"), tuple("abcdefghij")):
        with CaptureQueriesContext(connection) as captured:
            submit_many([make_submission(tags=tags, user=f"user {len(tags)}") for _ in range(50)])
        counts.append(len(captured))
    assert counts[0] + 1 == counts[1] == counts[2]
    assert RequestTag.objects.count() == 50 * 12


def test_tags_are_stored_with_their_request_alone() -> None:
    first = store(make_submission(client_id="mine", tags=("kept", "öäü \"'\\")))
    assert store(make_submission(client_id="mine", tags=("late",))) == first
    row = row_of(first)
    assert row.tags == ["kept", "öäü \"'\\"]
    entries = RequestTag.objects.values_list("request_id", "tag", "tenant_id", "user_id", "created_at")
    assert set(entries) == {(first, tag, "acme", "alice", row.created_at) for tag in row.tags}


def test_a_submission_that_is_stored_twice_after_a_lost_answer_has_its_tags_once() -> None:
    submission = make_submission(tags=("once",))
    assert [store(submission) for _ in range(2)] == [submission.request_id] * 2
    assert RequestTag.objects.count() == 1


def test_a_tag_is_no_longer_than_its_column() -> None:
    assert RequestTag._meta.get_field("tag").max_length == MAX_TAG_CHARACTERS


def test_rows_have_the_defaults_of_the_model() -> None:
    """Columns that a submission does not name are written by hand."""
    stored = row_of(store(make_submission()))
    plain = AsyncRequest()
    named = {"id", "tenant_id", "user_id", "action", "queue", "stored_bytes", "estimated_seconds"}
    moments = {"created_at", "order_at", "available_at", "changed_at"}
    names = {field.attname for field in AsyncRequest._meta.concrete_fields} - named - moments
    assert {name: getattr(stored, name) for name in names} == {name: getattr(plain, name) for name in names}
    assert all(getattr(stored, name) == stored.created_at for name in moments)
