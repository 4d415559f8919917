"""Cached results: when they are given again, when they must not be, and what is stored."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from jobs.contract.registry import all_handlers
from jobs.files.artifacts import files_of
from jobs.models import Artifact, AsyncRequest, Status
from jobs.queue.claims import claim_next
from jobs.queue.estimates import learned_seconds
from jobs.requests.cancellation import AlreadyFinished, request_cancel
from jobs.requests.reads import snapshot
from jobs.requests.result_cache import FILES_LAST, Found, cache_key, look_up
from jobs.requests.retrying import retry
from jobs.requests.submission import Accepted, submit_many
from tests.jobs.building import QUEUES, change, claim, final_of, log_of, make_submission, row_of, run_next, types_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_storage")]


def find(*, tenant: str = "acme", user: str = "alice", fresh: bool = False, **payload: Any) -> Found:
    handler = all_handlers()["zoo_kept"]
    return look_up(handler, handler.parse(payload), tenant_id=tenant, user_id=user, fresh=fresh)


def ask(*, tenant: str = "acme", user: str = "alice", fresh: bool = False, **payload: Any) -> Accepted:
    """Submit a request as a socket does, with its cached result, if any."""
    found = find(tenant=tenant, user=user, fresh=fresh, **payload)
    fields = {"payload": payload, "cache_key": found.key, "cached": found.outcome}
    (outcome,) = submit_many([make_submission("zoo_kept", tenant=tenant, user=user, **fields)])
    assert isinstance(outcome, Accepted)
    return outcome


def run(**asked: Any) -> AsyncRequest:
    """Ask for a result that must not be cached, and have it run."""
    accepted = ask(**asked)
    assert not accepted.cached
    row = run_next()
    assert row.id == accepted.request_id and row.status == Status.COMPLETED
    return row


def test_it_works() -> None:
    first = run(text="hi")
    second = ask(text="hi")
    assert (second.cached, second.duplicate, second.position, second.status) == (True, False, 0, Status.COMPLETED)
    assert claim_next(QUEUES, worker="") is None
    row = row_of(second.request_id)
    assert (row.status, row.result, row.percentage, row.attempt) == (Status.COMPLETED, first.result, 100, 0)
    assert (row.cached_from, row.computed_at, row.cache_key) == (first.id, first.finished_at, None)
    assert row.finished_at is not None and row.lease_until is None and row.started_at is None


def test_its_log_is_one_final_message_that_says_where_it_is_from() -> None:
    first = run()
    second = ask()
    assert types_of(second.request_id) == ["complete"]
    final, told = final_of(second.request_id), final_of(first.id)
    assert first.finished_at is not None
    origin = {"cached": True, "cached_from": str(first.id), "computed_at": first.finished_at.timestamp()}
    assert final == {**told, **origin, "attempt": 0}
    assert final["artifacts"] and "cached" not in told
    state = snapshot(row_of(second.request_id))
    assert {name: state[name] for name in origin} == origin and "cached" not in snapshot(row_of(first.id))


def test_its_files_are_those_of_the_first() -> None:
    first, second = run(), ask()
    assert list(files_of(row_of(second.request_id))) == list(files_of(first)) == list(Artifact.objects.all())


# --- the same, and not the same --------------------------------------------------------------------------------------


def test_a_default_that_is_written_out_is_the_same() -> None:
    run()
    assert ask(text="hello", data="").cached


def test_what_differs_is_not_the_same() -> None:
    run()
    others: list[Mapping[str, Any]] = [{"text": "another"}, {"user": "bob"}, {"tenant": "other"}]
    assert [ask(**other).cached for other in others] == [False, False, False]


def test_names_do_not_run_into_each_other() -> None:
    assert find(tenant="a", user="bc").key != find(tenant="ab", user="c").key


def test_changed_data_are_another_key(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.write_text("one")
    run(data=str(data))
    data.write_text("two")
    run(data=str(data))
    assert ask(data=str(data)).cached


def test_another_version_of_the_handler_is_another_key(monkeypatch: pytest.MonkeyPatch) -> None:
    run()
    monkeypatch.setattr(type(all_handlers()["zoo_kept"]), "cache_version", 2)
    assert not ask().cached


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(0, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(one=json_values, other=json_values)
def test_keys_are_equal_just_when_the_payloads_are(one: Any, other: Any) -> None:
    handler = all_handlers()["zoo_kept_json"]

    def key(value: Any) -> str | None:
        return cache_key(handler, handler.parse({"value": value}), tenant_id="acme", user_id="alice")

    assert (key(one) == key(other)) == (_exact(one) == _exact(other))


def _exact(value: Any) -> Any:
    """Return a value that tells 1, 1.0 and True apart and ignores the order of fields."""
    if isinstance(value, dict):
        return {name: _exact(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_exact(item) for item in value]
    return (type(value).__name__, str(value))


# --- what is not given again -----------------------------------------------------------------------------------------


def test_what_is_too_old_is_not_given_again() -> None:
    first = run()
    change(first.id, finished_at=timezone.now() - timedelta(seconds=601))
    assert not ask().cached


def test_giving_it_again_makes_it_no_younger() -> None:
    first = run()
    assert ask().cached and ask().cached
    change(first.id, finished_at=timezone.now() - timedelta(seconds=601))
    assert not ask().cached


def test_the_newest_counts() -> None:
    run()
    second = run(fresh=True)
    assert row_of(ask().request_id).cached_from == second.id


def test_who_wants_it_anew_gets_it_anew() -> None:
    run()
    found = find(fresh=True)
    assert found.outcome is None and found.key is not None


def test_what_did_not_complete_is_not_given_again() -> None:
    first = run()
    for status in set(Status) - {Status.COMPLETED}:
        change(first.id, status=status)
        assert find().outcome is None, status


def test_files_that_end_soon_are_not_given_again() -> None:
    run()
    Artifact.objects.update(expires_at=timezone.now() + FILES_LAST - timedelta(seconds=1))
    assert not ask().cached


def test_files_that_are_gone_are_not_given_again() -> None:
    run()
    default_storage.delete(Artifact.objects.get().storage_name)
    assert find().outcome is None
    run()
    Artifact.objects.all().delete()
    assert find().outcome is None


def test_a_handler_may_say_that_now_is_not_the_time() -> None:
    assert find(text="never the same") == Found()


def test_a_handler_that_cannot_say_is_run_without_the_cache(caplog: pytest.LogCaptureFixture) -> None:
    assert find(data="/no/such/file") == Found()
    assert "'zoo_kept' could not say" in caplog.text


def test_a_handler_without_a_cache_has_no_key() -> None:
    handler = all_handlers()["zoo_file"]
    assert look_up(handler, handler.parse({}), tenant_id="acme", user_id="alice", fresh=False) == Found()


def test_what_an_operator_repeats_is_run() -> None:
    first = run()
    again = row_of(retry(first.id))
    assert (again.status, again.cache_key, again.cached_from) == (Status.PENDING, None, None)


# --- among the other rules -------------------------------------------------------------------------------------------


def test_it_waits_for_nothing_so_no_limit_of_those_who_wait_holds_it_up(settings: Settings) -> None:
    settings.STREAMER_MAX_WAITING_PER_USER = 1
    run()
    submit_many([make_submission()])
    assert ask().cached and ask().cached


def test_an_id_that_is_taken_is_attached_or_refused_as_ever() -> None:
    run(text="hi")
    found = find(text="hi")
    fields = {"cache_key": found.key, "cached": found.outcome, "client_id": "mine", "payload": {"text": "hi"}}
    outcomes = submit_many([make_submission("zoo_kept", **fields) for _ in range(2)])
    again = submit_many([make_submission("zoo_kept", **fields)])
    accepted = [item for item in [*outcomes, *again] if isinstance(item, Accepted)]
    assert [item.duplicate for item in accepted] == [False, True, True]
    assert len({item.request_id for item in accepted}) == 1 and len(log_of(accepted[0].request_id)) == 1
    other = {**fields, "payload": {"text": "other"}}
    (refused,) = submit_many([make_submission("zoo_kept", **other)])
    assert not isinstance(refused, Accepted) and refused.error["code"] == "DUPLICATE_REQUEST"


def test_it_has_ended_and_cannot_be_cancelled() -> None:
    run()
    accepted = ask()
    with pytest.raises(AlreadyFinished, match="completed"):
        request_cancel(accepted.request_id)


def test_nothing_is_learned_from_what_was_not_run() -> None:
    run()
    for _ in range(10):
        ask()
    assert learned_seconds("zoo_kept") is None


def test_a_mixed_commit_keeps_each_apart() -> None:
    run()
    found = find()
    known = make_submission("zoo_kept", cache_key=found.key, cached=found.outcome)
    others = [make_submission(), make_submission()]
    outcomes = submit_many([others[0], known, others[1]])
    told = [(item.cached, item.position) for item in outcomes if isinstance(item, Accepted)]
    assert told == [(False, 1), (True, 0), (False, 2)]
    assert {claim().request_id for _ in others} == {item.request_id for item in others}
    assert claim_next(QUEUES, worker="") is None
