"""The quota of a tenant: every kind of stored bytes counts, and what was deleted is given back."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from jobs.data.datasets.adding import Wish, add_dataset
from jobs.data.datasets.ingest.conversion import ingest
from jobs.data.datasets.store import delete_dataset
from jobs.models import Artifact, AsyncRequest, BulkOutcome, BulkSlice, Dataset, StoredBytes
from jobs.requests.python_api.submission import RequestRefused, submit
from jobs.requests.removal.deletion import Finished, delete_finished
from jobs.requests.submission import Accepted, Refused, submit_many
from jobs.sweeper.retention import delete_old_requests
from jobs.sweeper.rules import delete_expired_artifacts
from jobs.usage.stored import RECOUNT_EVERY, TenantFull, _replace, check_room, json_bytes, settle, used_bytes
from tests.jobs.building import change, make_submission, row_of, run_next, store

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_storage")]


def used(tenant: str = "acme") -> int:
    return used_bytes([tenant]).get(tenant, 0)


def size_of(request_id: Any) -> int:
    return row_of(request_id).stored_bytes


def counted() -> int:
    """Return what a count of all that is there would find."""
    rows = [*AsyncRequest.objects.values_list("stored_bytes", flat=True)]
    files = [
        *Artifact.objects.values_list("size_bytes", flat=True),
        *Dataset.objects.values_list("size_bytes", flat=True),
    ]
    items = BulkSlice.objects.values_list("items", flat=True)
    outcomes = BulkOutcome.objects.values_list("result", "error")
    return sum(rows) + sum(files) + sum(map(json_bytes, [*items, *(value for pair in outcomes for value in pair)]))


@pytest.fixture
def add(tmp_path: Path) -> Callable[..., Dataset]:
    """Return ``add(name)``, which stores a small dataset of Acme's."""

    def add_one(name: str, tenant: str = "acme") -> Dataset:
        path = tmp_path / f"{name}.csv"
        path.write_text("region,amount\nnorth,1\n")
        wish = Wish(name=name)
        return add_dataset(
            path, tmp_path, tenant_id=tenant, user_id="alice", filename=path.name, wish=wish, ingest=ingest
        )

    return add_one


def test_it_works(settings: Settings) -> None:
    settings.STREAMER_TENANT_QUOTA_BYTES = 1_000
    store(make_submission(payload={"text": "x" * 600}, metadata={"tab": 1}))
    assert used() == len('{"text":""}') + 600 + len('{"tab":1}')
    (refused,) = submit_many([make_submission(payload={"text": "x" * 600})])
    assert isinstance(refused, Refused)
    assert refused.error["code"] == "QUOTA_EXCEEDED" and refused.error["retryable"] is False
    assert refused.error["details"] == {"used_bytes": used(), "quota_bytes": 1_000}
    store(make_submission(payload={"text": "x" * 300}))
    store(make_submission(tenant="other", payload={"text": "x" * 600}))


def test_a_batch_is_accepted_as_far_as_there_is_room(settings: Settings) -> None:
    settings.STREAMER_TENANT_QUOTA_BYTES = 1_000
    outcomes = submit_many([make_submission(payload={"text": "x" * size}) for size in (600, 600, 300)])
    assert [type(outcome) for outcome in outcomes] == [Accepted, Refused, Accepted]


def test_a_request_that_was_accepted_before_is_attached_all_the_same(settings: Settings) -> None:
    first = make_submission(client_id="a", payload={"text": "x" * 600})
    store(first)
    settings.STREAMER_TENANT_QUOTA_BYTES = used()
    (again,) = submit_many([make_submission(client_id="a", payload={"text": "x" * 600})])
    assert isinstance(again, Accepted) and again.duplicate
    assert used() == settings.STREAMER_TENANT_QUOTA_BYTES


def test_an_id_that_is_given_twice_at_once_counts_once() -> None:
    submit_many([make_submission(client_id="a", payload={"text": "x" * 600}) for _ in range(2)])
    assert used() == counted()


def test_python_code_is_refused_as_clients_are(settings: Settings) -> None:
    settings.STREAMER_TENANT_QUOTA_BYTES = 1
    with pytest.raises(RequestRefused) as caught:
        submit("zoo_count", {"updates": 3}, user_id="alice", tenant_id="acme", unlimited=True)
    assert caught.value.error["code"] == "QUOTA_EXCEEDED"


RUNS: dict[str, dict[str, Any]] = {
    "zoo_count": {},
    "zoo_big_result": {},
    "zoo_file": {},
    "zoo_permanent": {},
    "zoo_partials": {"count": 3},
    "process_data": {
        "pipeline": "transformation",
        "data_source": {"type": "inline", "rows": [{"town": "Bern"}]},
        "output": {"format": "csv", "destination": {"dataset": "towns"}},
        "options": {"operations": [{"type": "select", "columns": ["town"]}]},
    },
    "bulk_operation": {
        "operation": {"type": "action", "action": "zoo_item_file"},
        "items": [{"word": "one"}, {"word": "two"}],
    },
    "echo items": {
        "operation": {"type": "action", "action": "echo_async"},
        "items": [{"message": "x" * 900}] * 30,
        "batch_size": 7,
    },
}


@pytest.mark.parametrize("action", RUNS)
def test_results_and_files_count(action: str) -> None:
    action, payload = "bulk_operation" if action == "echo items" else action, RUNS[action]
    request_id = store(make_submission(action, payload=payload))
    before = used()
    row = run_next()
    assert row.id == request_id and row.status == ("failed" if action == "zoo_permanent" else "completed"), row.error
    assert used() == counted() > before


@pytest.mark.parametrize("action", RUNS)
def test_all_that_is_deleted_is_given_back_at_once(action: str) -> None:
    action, payload = "bulk_operation" if action == "echo items" else action, RUNS[action]
    store(make_submission(action, payload=payload))
    row = run_next()
    assert used() > 0
    delete_finished([Finished(id=row.id, last_seq=row.last_seq)])
    kept = Dataset.objects.aggregate(total=Sum("size_bytes", default=0))["total"]
    assert used() == counted() == kept


def test_items_and_outcomes_of_a_bulk_are_found_by_a_recount() -> None:
    store(make_submission("bulk_operation", payload=RUNS["echo items"]))
    run_next()
    StoredBytes.objects.update(size_bytes=0)
    assert settle(timezone.now()) == 1
    assert used() == counted() > 2 * 30 * 900


def test_a_bulk_of_a_full_tenant_ends_and_keeps_what_was_done(settings: Settings) -> None:
    request_id = store(make_submission("bulk_operation", payload=RUNS["echo items"]))
    settings.STREAMER_TENANT_QUOTA_BYTES = used() + 30 * 900 + 16 * 1_000
    row = run_next()
    assert (row.status, row.error["code"]) == ("failed", "QUOTA_EXCEEDED")
    assert 14 <= BulkOutcome.objects.filter(request_id=request_id).count() <= 21


def test_a_run_of_a_full_tenant_can_store_no_file(settings: Settings) -> None:
    store(make_submission("zoo_file"))
    settings.STREAMER_TENANT_QUOTA_BYTES = used()
    row = run_next()
    assert (row.status, row.error["code"]) == ("failed", "QUOTA_EXCEEDED")


def test_datasets_count_and_are_given_back_at_once(add: Callable[..., Dataset], settings: Settings) -> None:
    row = add("one")
    assert used() == row.size_bytes
    settings.STREAMER_TENANT_QUOTA_BYTES = 2 * row.size_bytes - 1
    with pytest.raises(TenantFull):
        add("two")
    assert Dataset.objects.count() == 1 and used() == row.size_bytes
    add("two", tenant="other")
    delete_dataset("acme", "one")
    assert used() == 0
    add("two")


def test_the_command_says_so(settings: Settings, tmp_path: Path) -> None:
    settings.STREAMER_TENANT_QUOTA_BYTES = 1
    path = tmp_path / "a.csv"
    path.write_text("a\n1\n")
    with pytest.raises(CommandError, match="fill its quota"):
        call_command("streamer_dataset", "add", str(path), "--tenant", "acme")


def test_without_a_quota_nothing_is_counted(settings: Settings) -> None:
    settings.STREAMER_TENANT_QUOTA_BYTES = 0
    store(make_submission(payload={"text": "x" * 600}))
    run_next()
    check_room("acme")
    assert not StoredBytes.objects.exists()


# --- the sweeper -----------------------------------------------------------------------------------------------------


def test_entries_are_added_up(settings: Settings) -> None:
    for _ in range(3):
        store(make_submission())
    store(make_submission(tenant="other"))
    before, now = used(), timezone.now()
    assert settle(now) == 2
    assert StoredBytes.objects.filter(tenant_id="acme").count() == 1 and used() == before
    assert settle(now) == 0
    store(make_submission())
    assert settle(now) == 1
    assert StoredBytes.objects.filter(tenant_id="acme").count() == 1 and used() == counted() - used("other")


def test_what_is_gone_is_given_back_whoever_deleted_it() -> None:
    request_id = store(make_submission("zoo_file"))
    run_next()
    now = timezone.now()
    settle(now)
    change(request_id, finished_at=now - timedelta(days=30))
    AsyncRequest.objects.all().delete()
    assert used() > 0 and settle(now) == 0
    assert settle(now + RECOUNT_EVERY + timedelta(seconds=1)) == 1
    assert used() == 0


def test_what_is_deleted_in_its_time_is_given_back_at_once(settings: Settings) -> None:
    request_id = store(make_submission("zoo_file"))
    run_next()
    file = Artifact.objects.get()
    before, later = used(), timezone.now() + timedelta(days=settings.STREAMER_ARTIFACT_DAYS + 1)
    assert delete_expired_artifacts(later) == 1
    assert used() == before - file.size_bytes == size_of(request_id)
    assert delete_old_requests(later + timedelta(days=settings.STREAMER_RETENTION_DAYS + 1)) == 1
    assert used() == 0


def test_what_was_there_before_it_was_counted_counts_from_the_first_entry_on(settings: Settings) -> None:
    settings.STREAMER_TENANT_QUOTA_BYTES = 0
    store(make_submission("zoo_file"))
    run_next()
    settings.STREAMER_TENANT_QUOTA_BYTES = 10**9
    store(make_submission())
    assert used() < counted()
    settle(timezone.now())
    assert used() == counted()


def test_a_submission_costs_no_more_the_more_there_is() -> None:
    """Neither the sizes of requests nor files are read to know the sum."""
    store(make_submission())
    with CaptureQueriesContext(connection) as queries:
        store(make_submission())
    asked = [query["sql"] for query in queries if "storedbytes" in query["sql"].lower()]
    assert len(asked) == 2  # the sum, and the new entry
    assert not [sql for sql in asked if "stored_bytes" in sql.lower() or "artifact" in sql.lower()]


def test_two_sweepers_add_nothing_up_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    store(make_submission())
    before = used()
    ids = list(StoredBytes.objects.values_list("id", flat=True))
    now = timezone.now()
    assert settle(now) == 1

    assert _replace("acme", ids, before, now) is False
    assert used() == before
