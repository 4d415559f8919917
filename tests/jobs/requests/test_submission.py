import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from jobs.models import AsyncRequest, Status
from jobs.requests.differences import MAX_FIELDS, differing_fields
from jobs.requests.submission import Accepted, Refused, Submission, submit_many
from tests.jobs.building import Threads, change, claim, log_of, make_submission, row_of

database = pytest.mark.django_db(transaction=True)


def submit_one(submission: Submission) -> Accepted | Refused:
    (outcome,) = submit_many([submission])
    return outcome


def accepted(submission: Submission) -> Accepted:
    outcome = submit_one(submission)
    assert isinstance(outcome, Accepted), outcome
    return outcome


def refused(submission: Submission) -> Any:
    outcome = submit_one(submission)
    assert isinstance(outcome, Refused), outcome
    return outcome.error


@database
def test_it_works() -> None:
    outcome = accepted(make_submission(payload={"updates": 3}, metadata={"tab": 1}, priority=5, expires_in_seconds=60))
    row = row_of(outcome.request_id)
    assert (outcome.duplicate, outcome.status, outcome.position, outcome.estimated_seconds) == (False, "pending", 1, 6)
    assert (row.status, row.action, row.payload, row.metadata) == ("pending", "zoo_count", {"updates": 3}, {"tab": 1})
    assert (row.created_at - row.order_at).total_seconds() == 5
    assert row.expires_at is not None and (row.expires_at - row.created_at).total_seconds() == 60
    assert (row.last_seq, row.attempt, log_of(row.id)) == (0, 0, [])


@database
def test_outcomes_come_in_the_order_of_the_submissions() -> None:
    outcomes = submit_many([make_submission(queue="default"), make_submission(queue="ml"), make_submission(queue="ml")])
    assert [item.position for item in outcomes if isinstance(item, Accepted)] == [1, 1, 2]
    assert submit_many([]) == []


# --- the same id -----------------------------------------------------------------------------------------------------


@database
@pytest.mark.parametrize("status", list(Status))
def test_the_same_id_and_payload_attach_to_the_first_request(status: Status) -> None:
    first = accepted(make_submission(client_id="one", payload={"updates": 3, "stages": 2}))
    change(first.request_id, status=status)
    second = accepted(make_submission(client_id="one", payload={"stages": 2, "updates": 3}))
    assert (second.request_id, second.duplicate, second.status) == (first.request_id, True, status)
    assert AsyncRequest.objects.count() == 1


@database
def test_the_same_id_with_another_payload_is_refused_and_names_the_fields() -> None:
    payload = {"updates": 3, "filters": {"region": "north", "year": 2025}}
    first = accepted(make_submission(client_id="one", payload=payload))
    other = {"updates": 3, "filters": {"region": "south", "year": 2025}, "stages": 1}
    error = refused(make_submission("zoo_crash", client_id="one", payload=other))
    assert error["code"] == "DUPLICATE_REQUEST" and error["retryable"] is False
    assert error["details"]["fields"] == ["action", "payload.filters.region", "payload.stages"]
    assert error["details"]["request_id"] == str(first.request_id)
    assert all(field in error["message"] for field in error["details"]["fields"])
    assert AsyncRequest.objects.count() == 1


@database
@pytest.mark.parametrize(("user", "tenant"), [("bob", "acme"), ("alice", "other")])
def test_an_id_belongs_to_its_user_alone(user: str, tenant: str) -> None:
    mine = accepted(make_submission(client_id="one", payload={"updates": 1}))
    theirs = accepted(make_submission(client_id="one", payload={"updates": 2}, user=user, tenant=tenant))
    assert not theirs.duplicate and theirs.request_id != mine.request_id


@database
def test_without_an_id_every_submission_is_a_new_request() -> None:
    assert accepted(make_submission()).request_id != accepted(make_submission()).request_id


@database
def test_the_same_id_twice_in_one_batch_is_one_request() -> None:
    first, second, third = submit_many(
        [
            make_submission(client_id="one", payload={"updates": 1}),
            make_submission(client_id="one", payload={"updates": 1}),
            make_submission(client_id="one", payload={"updates": 2}),
        ]
    )
    assert isinstance(first, Accepted) and isinstance(second, Accepted) and isinstance(third, Refused)
    assert (first.duplicate, second.duplicate) == (False, True) and first.request_id == second.request_id
    assert third.error["code"] == "DUPLICATE_REQUEST"
    assert AsyncRequest.objects.count() == 1


@database
def test_the_same_id_from_threads_at_once_is_one_request() -> None:
    threads = Threads(*[lambda: accepted(make_submission(client_id="one"))] * 4)
    with threads:
        pass
    assert AsyncRequest.objects.count() == 1
    assert sorted(outcome.duplicate for outcome in threads.answers) == [False, True, True, True]
    assert len({outcome.request_id for outcome in threads.answers}) == 1


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(json_values, json_values)
@example([1], [True])
@example({"a": [{"b": 0}]}, {"a": [{"b": False}]})
def test_values_differ_exactly_when_their_json_does(first: Any, second: Any) -> None:
    assert differing_fields(first, first) == []
    # repr tells 1 from True, and a dictionary's order does not matter once its keys are sorted.
    assert bool(differing_fields(first, second)) == (_sorted_repr(first) != _sorted_repr(second))


def _sorted_repr(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{key}:{_sorted_repr(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_sorted_repr, value)) + "]"
    return repr(value)


def test_a_number_is_the_same_in_whatever_form_the_database_gives_it_back() -> None:
    # PostgreSQL stores 1e23 as the decimal number, which no float is exactly.
    assert differing_fields([1e23, 1e300, -0.0], [10**23, 10**300, 0.0]) == []
    assert differing_fields([1e23, 1.5], [10**23 + 10**10, 10**400]) == ["[0]", "[1]"]


def test_a_field_that_is_null_differs_from_one_that_is_not_there() -> None:
    assert differing_fields({"a": None}, {}) == ["a"]
    assert differing_fields({"a": {"b": 1}}, {"a": 1}) == ["a"]


@database
def test_what_differs_is_told_in_few_words_however_much_it_is() -> None:
    # All paths together would have 10 GB.
    key = "k" * 500_000
    first, second = ({key: dict.fromkeys(map(str, range(20_000)), number)} for number in (1, 2))
    accepted(make_submission(client_id="one", payload=first))
    error = refused(make_submission(client_id="one", payload=second))
    fields = error["details"]["fields"]
    assert len(fields) == MAX_FIELDS and fields[0].startswith("payload.kkk")
    assert len(json.dumps(error)) < 100_000
    assert differing_fields({"a": {"b": [0, 1]}}, {"a": {"b": [0, 2]}}) == ["a.b[1]"]


# --- the limit -------------------------------------------------------------------------------------------------------


@database
def test_a_user_with_too_many_waiting_is_refused_until_one_moves_on(settings: Settings) -> None:
    settings.STREAMER_MAX_WAITING_PER_USER = 2
    outcomes = submit_many([make_submission(client_id=str(n)) for n in range(4)])
    assert [isinstance(item, Refused) for item in outcomes] == [False, False, True, True]
    error = refused(make_submission())
    assert error["code"] == "RATE_LIMITED" and error["retryable"] and error["retry_after"] > 0
    assert error["details"] == {"limit": 2}
    claim()
    assert accepted(make_submission()).position == 2


@database
def test_the_limit_is_one_of_each_user(settings: Settings) -> None:
    settings.STREAMER_MAX_WAITING_PER_USER = 1
    accepted(make_submission())
    accepted(make_submission(user="bob"))
    accepted(make_submission(tenant="other"))


@database
def test_a_repeated_id_is_attached_even_at_the_limit(settings: Settings) -> None:
    settings.STREAMER_MAX_WAITING_PER_USER = 1
    first = accepted(make_submission(client_id="one"))
    assert accepted(make_submission(client_id="one")).request_id == first.request_id


@database
def test_an_id_that_comes_twice_at_once_needs_room_once(settings: Settings) -> None:
    settings.STREAMER_MAX_WAITING_PER_USER = 2
    outcomes = submit_many([make_submission(client_id=name) for name in ("one", "one", "two", "three")])
    assert [isinstance(item, Accepted) for item in outcomes] == [True, True, True, False]
