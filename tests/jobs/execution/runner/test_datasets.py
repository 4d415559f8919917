from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from jobs.contract.registry import find_handler
from jobs.data.datasets.staging import DatasetStaging
from jobs.data.datasets.store import find_dataset
from jobs.execution.inline import run_inline
from jobs.models import AsyncRequest, Dataset, Status
from tests.jobs.building import change, final_of, run_next, stored_files, submit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_storage")]
ROWS = [{"town": "Bern", "people": 134_000}, {"town": "Wien", "people": 1_900_000}, {"town": "Ulm", "people": 126_000}]


def payload(name: str = "towns", *, least: int = 0, **destination: Any) -> dict[str, Any]:
    """Of ``ROWS`` those with more than ``least`` people, kept as a dataset."""
    return {
        "pipeline": "transformation",
        "data_source": {"type": "inline", "rows": ROWS},
        "output": {"format": "csv", "destination": {"dataset": name, **destination}},
        "options": {"operations": [{"type": "filter", "column": "people", "operator": "gt", "value": least}]},
    }


def run(**changes: Any) -> AsyncRequest:
    submit("process_data", **payload(**changes))
    return run_next()


def taken(name: str = "towns", **columns: Any) -> Dataset:
    """A dataset of that name that is there already, without a file."""
    fields = {"tenant_id": "acme", "user_id": "bob", "format": "csv", "rows": 1, "storage_name": "datasets/no-file"}
    sizes = {"uploaded_bytes": 1, "size_bytes": 1, "sha256": "0" * 64}
    return Dataset.objects.create(name=name, filename="towns.csv", **fields, **sizes, **columns)


def test_the_outcome_becomes_a_dataset_when_the_request_completes() -> None:
    row = run(least=130_000)
    assert row.status == Status.COMPLETED and row.result is not None
    dataset = find_dataset("acme", "towns")
    assert dataset is not None and dataset.user_id == "alice"
    assert row.result["dataset"] == {
        "dataset_id": str(dataset.id),
        "name": "towns",
        "rows": 2,
        "size_bytes": dataset.size_bytes,
        "expires_at": dataset.expires_at.isoformat() if dataset.expires_at else None,
    }
    assert [(column["name"], column["type"]) for column in dataset.columns] == [
        ("town", "VARCHAR"),
        ("people", "BIGINT"),
    ]
    assert dataset.sample[0] == {"town": "Bern", "people": 134_000}
    assert dataset.storage_name.startswith(f"artifacts/{row.id}/1/")


def test_another_request_reads_it() -> None:
    run(least=130_000)
    read = {**payload("again"), "data_source": {"type": "dataset", "dataset_id": "towns"}}
    submit("process_data", **read)
    row = run_next()
    assert row.result is not None and row.result["summary"]["total_records"] == 2


@pytest.mark.parametrize(("days", "lives"), [(0, None), (2, timedelta(days=2))])
def test_it_lives_for_as_long_as_was_asked(days: float, lives: timedelta | None) -> None:
    run(expires_in_days=days)
    expires_at = Dataset.objects.get().expires_at
    if lives is None or expires_at is None:
        assert expires_at is lives
    else:
        assert abs(expires_at - timezone.now() - lives) < timedelta(minutes=1)


def test_a_name_that_is_taken_is_told_before_the_work() -> None:
    there = taken()
    row = run()
    assert row.status == Status.FAILED
    assert "There is a dataset 'towns' already" in final_of(row.id)["error"]["message"]
    assert list(Dataset.objects.all()) == [there] and stored_files() == []


def test_one_that_was_taken_meanwhile_ends_the_request_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    store = DatasetStaging._store

    def store_too_late(self: DatasetStaging, *arguments: Any) -> Dataset:
        taken()
        return store(self, *arguments)

    monkeypatch.setattr(DatasetStaging, "_store", store_too_late)
    row = run()
    assert row.status == Status.FAILED
    assert "another one took its name" in final_of(row.id)["error"]["message"]
    assert Dataset.objects.get().user_id == "bob" and stored_files() == []


def test_an_expired_one_holds_its_name_no_longer() -> None:
    taken(expires_at=timezone.now() - timedelta(days=1))
    assert run().status == Status.COMPLETED
    assert Dataset.objects.get().user_id == "alice"


def test_one_for_which_there_is_no_room_is_refused(settings: Settings) -> None:
    settings.STREAMER_DATASET_QUOTA_BYTES = 100
    row = run()
    assert row.status == Status.FAILED and "of 100 B" in final_of(row.id)["error"]["message"]
    assert not Dataset.objects.exists() and stored_files() == []


def test_no_rows_make_no_dataset() -> None:
    row = run(least=2_000_000)
    assert row.status == Status.FAILED and "No row is left" in final_of(row.id)["error"]["message"]
    assert stored_files() == []


def test_an_attempt_that_lost_its_request_leaves_none(monkeypatch: pytest.MonkeyPatch) -> None:
    store = DatasetStaging._store

    def lose_and_store(self: DatasetStaging, *arguments: Any) -> Dataset:
        change(request_id, attempt=2)
        return store(self, *arguments)

    monkeypatch.setattr(DatasetStaging, "_store", lose_and_store)
    request_id = submit("process_data", **payload())
    run_next()
    assert not Dataset.objects.exists() and stored_files() == []


async def test_on_the_spot_it_is_there_with_the_answer() -> None:
    handler = find_handler("process_data")
    assert handler is not None
    parsed = handler.parse(payload())
    assert list(handler.permissions_for(parsed)) == ["datasets.write"]
    answer = await run_inline(handler, parsed, tenant_id="acme", user_id="alice")
    assert answer.data["dataset"]["name"] == "towns"
    dataset = await Dataset.objects.aget()
    assert (dataset.name, dataset.rows, dataset.tenant_id) == ("towns", 3, "acme")


def test_without_a_destination_nothing_more_is_asked_or_kept() -> None:
    handler = find_handler("process_data")
    assert handler is not None
    plain = {**payload(), "output": {"format": "csv"}}
    assert not handler.permissions_for(handler.parse(plain))
    submit("process_data", **plain)
    assert "dataset" not in (run_next().result or {})
    assert not Dataset.objects.exists()


def test_of_two_for_one_name_the_first_to_complete_has_it() -> None:
    for _ in range(2):
        submit("process_data", **payload())
    assert sorted([run_next().status, run_next().status]) == [Status.COMPLETED, Status.FAILED]
    assert Dataset.objects.count() == 1
