"""Submissions that are stored beside others: a second time, and at the same moment."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.log.outcomes import FromCache
from jobs.requests.submission import submit_many
from tests.jobs.building import claim, log_of, make_submission, store

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_known_result_that_is_stored_twice_after_a_lost_answer_ends_once() -> None:
    earlier = store(make_submission())
    known = FromCache(request_id=earlier, computed_at=timezone.now(), result={"rows": 1}, artifacts=[])
    submission = make_submission(cached=known)
    assert [store(submission) for _ in range(2)] == [submission.request_id] * 2
    assert [event.type for event in log_of(submission.request_id)] == ["complete"]


def test_ids_are_stored_in_one_order_whatever_order_they_came_in() -> None:
    """Two processes that stored the same ids in opposite orders would wait for each other for ever."""
    with CaptureQueriesContext(connection) as captured:
        submit_many([make_submission(client_id=name) for name in ("id-b", "id-c", "id-a")])
    (insert,) = [query["sql"] for query in captured if "INSERT" in query["sql"]]
    assert insert.index("id-a") < insert.index("id-b") < insert.index("id-c")
    assert [claim().client_id for _ in range(3)] == ["id-b", "id-c", "id-a"]
