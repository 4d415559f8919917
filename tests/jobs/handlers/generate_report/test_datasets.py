"""Reports over datasets that the tenant uploaded, alone and together with registered sources."""

import csv
import io
import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from jobs.contract.registry import all_handlers
from jobs.data.datasets.adding import Wish, add_dataset
from jobs.data.datasets.ingest.conversion import ingest
from jobs.data.datasets.store import delete_dataset
from jobs.files.artifacts import files_of
from jobs.handler import InvalidPayload, Permanent
from jobs.handlers.generate_report import GenerateReport
from jobs.models import AsyncRequest, Dataset, Status
from jobs.requests.result_cache import cache_key
from jobs.requests.retrying import retry
from jobs.testing import run_handler
from tests.jobs.building import final_of, run_next, submit
from tests.jobs.handlers.generate_report.test_payload import YEAR, faults, parse

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_storage")]
COLUMNS = {"date": "day", "value": "amount", "category": "kind", "region": "area"}
ORDERS = {"dataset_id": "orders", **COLUMNS}
Upload = Callable[..., Dataset]
TEXT = "day,amount,kind,area\n2024-01-03,12.5,tea,north\n2024-02-10,8,coffee,south\n2023-03-05,3,tea,south\n"


@pytest.fixture
def upload(tmp_path: Path) -> Upload:
    def add(text: str = TEXT, *, name: str = "orders", tenant: str = "acme") -> Dataset:
        folder = tmp_path / uuid.uuid4().hex
        folder.mkdir()
        path = folder / f"{name}.csv"
        path.write_text(text)
        whose = {"tenant_id": tenant, "user_id": "alice", "filename": path.name}
        return add_dataset(path, folder, **whose, wish=Wish(name=name), ingest=ingest)

    return add


def report(**payload: Any) -> AsyncRequest:
    """Have a worker make the report of 2024."""
    submit("generate_report", **{**YEAR, "format": "csv", **payload})
    return run_next()


def records(row: AsyncRequest) -> list[dict[str, str]]:
    [artifact] = files_of(row)
    with default_storage.open(artifact.storage_name) as file:
        return list(csv.DictReader(io.TextIOWrapper(file, "utf-8", newline="")))


def error_of(row: AsyncRequest) -> Any:
    assert row.status == Status.FAILED
    return final_of(row.id)["error"]


def test_it_works(upload: Upload) -> None:
    dataset = upload()
    for dataset_id in ("orders", str(dataset.id)):
        row = report(dataset={**ORDERS, "dataset_id": dataset_id})
        assert row.status == Status.COMPLETED and row.result is not None
        assert row.result["filename"] == "orders-report-2024-01-to-2024-12.csv"
        stats = row.result["stats"]
        assert (row.result["records"], stats["total_value"], stats["top_category"]) == (2, 20.5, "tea")
        assert [entry["region"] for entry in stats["by_region"]] == ["north", "south"]
        assert records(row)[0] == {"day": "2024-01-03", "amount": "12.5", "kind": "tea", "area": "north"}


@pytest.mark.parametrize("file_format", ["pdf", "excel"])
def test_every_format_and_option(upload: Upload, file_format: str) -> None:
    upload()
    options = {"compare": "previous_year", "group_by": ["day.month"], "filters": {"kind": "tea"}}
    result = report(dataset=ORDERS, format=file_format, **options).result
    assert result is not None and result["stats"]["compared_with"]["total_value"] == 3
    assert result["stats"]["by_group"]["groups"][0]["group"] == ["2024-01"]


def test_dates_may_be_texts(upload: Upload) -> None:
    columns = {"dataset_id": "orders", "date": "when", "value": "much", "category": "what"}
    days = {"report_type": "custom", "start_date": "2024-03-02", "end_date": "2024-03-02"}
    # A moment that is finer than microseconds keeps the column a text.
    upload("when,much,what\n2024-03-01T23:30:00-01:00,12.25,a\n2024-03-02T23:00:00.0000001,0.25,\n")
    result = report(dataset=columns, **days).result
    assert result is not None and (result["records"], result["stats"]["total_value"]) == (2, 12.5)
    delete_dataset("acme", "orders")
    upload("when,much,what\n2024-03-02,1,a\nsoon,1,b\n")
    assert 'invalid timestamp field format: "soon"' in error_of(report(dataset=columns, **days))["message"]


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"value": "price"}, "There is no column 'price' in this source. There are: day, amount, kind, area."),
        ({"region": "AREA"}, "There is no column 'AREA' in this source."),
        ({"date": "since"}, "has no column 'since'. There are: day, amount, kind, area."),
        ({"value": "kind"}, "The value column 'kind' holds VARCHAR, not numbers."),
        ({"date": "amount"}, "The date column 'amount' holds DOUBLE, not dates."),
    ],
)
def test_a_column_that_does_not_fit(upload: Upload, changed: dict[str, str], text: str) -> None:
    upload()
    error = error_of(report(dataset={**ORDERS, **changed}))
    assert error["code"] == "PROCESSING_FAILED" and text in error["message"]


def test_what_is_not_the_tenants_is_what_does_not_exist(upload: Upload) -> None:
    theirs, old = upload(name="theirs", tenant="other"), upload(name="old")
    Dataset.objects.filter(id=old.id).update(expires_at=timezone.now() - timedelta(days=1))
    for dataset_id in ("theirs", str(theirs.id), "old", "none"):
        error = error_of(report(dataset={**ORDERS, "dataset_id": dataset_id}))
        assert error["code"] == "VALIDATION_ERROR"
        [fault] = error["details"]["faults"]
        assert (fault["path"], fault["message"]) == ("dataset.dataset_id", f"no dataset is called '{dataset_id}'")
    [fault] = error_of(report(sources=["sample", {**ORDERS, "dataset_id": "sample"}]))["details"]["faults"]
    assert fault["path"] == "sources" and "repeated" in fault["message"]


def test_a_registered_source_is_not_named_as_a_dataset(drinks: Path) -> None:
    [fault] = error_of(report(dataset={**ORDERS, "dataset_id": "drinks"}))["details"]["faults"]
    assert fault["message"] == "no dataset is called 'drinks'; it is a registered source, so name it as one"


def test_its_file_is_gone(upload: Upload) -> None:
    default_storage.delete(upload().storage_name)
    assert error_of(report(dataset=ORDERS))["message"] == "The dataset 'orders' is no longer there"


def test_together_with_sources_and_other_datasets(upload: Upload, drinks: Path) -> None:
    dataset = upload()
    upload("at,paid,what\n2024-05-01,1,tea\n", name="_more")
    more = {"dataset_id": "_more", "date": "at", "value": "paid", "category": "what"}
    row = report(sources=["drinks", {**ORDERS, "dataset_id": str(dataset.id)}, more])
    assert row.result is not None and row.result["records"] == 5 + 2 + 1
    by_source = {entry["source"]: Decimal(str(entry["total_value"])) for entry in row.result["stats"]["by_source"]}
    assert by_source == {"drinks": Decimal("25.55"), "orders": Decimal("20.5"), "_more": Decimal("1")}
    assert row.result["filename"] == "drinks-and-2-more-report-2024-01-to-2024-12.csv"
    [fault] = error_of(report(sources=[ORDERS, {**ORDERS, "dataset_id": str(dataset.id)}]))["details"]["faults"]
    assert fault["message"] == "repeated names: orders"


def test_it_is_known_again_until_another_takes_its_name(upload: Upload) -> None:
    handler = all_handlers()["generate_report"]

    def key(dataset_id: str = "orders", tenant: str = "acme") -> str | None:
        payload = handler.parse({**YEAR, "dataset": {**ORDERS, "dataset_id": dataset_id}})
        return cache_key(handler, payload, tenant_id=tenant, user_id="alice")

    upload()
    first = key()
    assert first is not None and key() == first
    assert key(tenant="other") is None and key("none") is None
    delete_dataset("acme", "orders")
    assert key() is None
    upload()
    assert key() not in (None, first)


def test_it_is_made_again(upload: Upload) -> None:
    upload()
    first = report(dataset=ORDERS)
    retry(first.id)
    again = run_next()
    assert first.result is not None and again.result is not None and records(again) == records(first)
    delete_dataset("acme", "orders")
    retry(first.id)
    assert error_of(run_next())["code"] == "VALIDATION_ERROR"


def test_made_in_a_test_of_an_author() -> None:
    rows = [{"day": "2024-01-03", "amount": 2, "kind": "tea", "area": None}]
    run = run_handler(GenerateReport, {**YEAR, "format": "csv", "dataset": ORDERS}, data={"orders": rows})
    assert run.result["stats"]["total_value"] == 2


def test_every_fault_is_at_its_place(drinks: object) -> None:
    assert list(faults(**YEAR, dataset={"dataset_id": "", "date": "day", "value": 1})) == [
        "dataset.dataset_id",
        "dataset.value",
        "dataset.category",
    ]
    found = faults(**YEAR, sources=["nowhere", {"dataset_id": "orders", "date": "day", "value": "amount"}, 7])
    assert list(found) == ["sources[0]", "sources[1].category", "sources[2]"]
    assert found["sources[0]"] == "no source is called 'nowhere'; there are: drinks, sample"
    assert faults(**YEAR, sources=[ORDERS, ORDERS]) == {"sources": "repeated names: orders"}


def test_a_dataset_stands_alone(drinks: object) -> None:
    assert faults(**YEAR, dataset=ORDERS, source="drinks") == {"source": "give either a source or a dataset"}
    assert "dataset may be one" in faults(**YEAR, dataset=ORDERS, sources=["sample", "drinks"])["dataset"]
    # Forms send the default along.
    [covered] = parse(**YEAR, dataset=ORDERS, source="sample").covered
    assert not isinstance(covered, str) and covered.dataset_id == "orders"
    assert GenerateReport().estimate(parse(**YEAR, format="csv", dataset=ORDERS)) > 5


def test_a_field_of_it_that_is_not_known_is_a_warning() -> None:
    [where] = parse(**YEAR, sources=["sample", {**ORDERS, "regoin": "area"}])._left_out
    assert where["path"] == "sources[1].regoin" and "did you mean 'region'?" in where["message"]


def test_a_column_may_be_missing_in_no_way_that_is_a_traceback() -> None:
    with pytest.raises(InvalidPayload) as caught:
        run_handler(GenerateReport, {**YEAR, "dataset": ORDERS}, raise_errors=True)
    assert caught.value.faults[0]["path"] == "dataset.dataset_id"
    with pytest.raises(Permanent, match="no column 'day'"):
        run_handler(GenerateReport, {**YEAR, "dataset": ORDERS}, data={"orders": [{"a": 1}]}, raise_errors=True)
