"""Datasets and registered sources: whose they are, progress while they load, the fingerprint of their rows."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from pytest_django import Settings

from jobs.files.storage import StorageAway
from jobs.handler import Cancelled, InvalidPayload, Permanent, Retryable
from tests.jobs.data.tables.conftest import Opened, Rows, all_rows
from tests.jobs.handlers.report_tables import ROWS, definition, write_parquet

pytestmark = pytest.mark.django_db


def dataset(name: str) -> dict[str, Any]:
    return {"type": "dataset", "dataset_id": name}


def test_it_works(make_dataset: Any, opened: Opened) -> None:
    made = make_dataset("sales", {"kind": ["Tea", "Coffee"], "amount": [1, 2]})
    for name in ("sales", str(made.id)):
        with opened(dataset(name)) as table:
            assert (table.label, all_rows(table)) == ("sales", [("Tea", 1), ("Coffee", 2)])


def test_what_is_not_the_tenants_is_what_does_not_exist(make_dataset: Any, opened: Opened) -> None:
    theirs = make_dataset("theirs", {"x": [1]}, tenant="other")
    make_dataset("old", {"x": [1]}, expires_at=timezone.now() - timedelta(days=1))
    for name in ("theirs", str(theirs.id), "old", "none"):
        with pytest.raises(InvalidPayload, match=f"no dataset is called '{name}'") as raised, opened(dataset(name)):
            pass
        assert raised.value.faults[0]["path"] == "data_source.dataset_id"


def test_a_large_one_tells_its_rows_at_least_twenty_times(make_dataset: Any, opened: Opened) -> None:
    make_dataset("large", {"x": range(300_000)})
    heard: list[tuple[int, int | None]] = []
    with opened(dataset("large"), on_rows=lambda *told: heard.append(told)) as table:
        assert table.rows == 300_000
    counts = [rows for rows, _ in heard]
    assert len(heard) >= 20 and counts == sorted(set(counts))
    assert heard[-1] == (300_000, 300_000) and {total for _, total in heard} == {300_000}


def test_the_order_and_the_cut_of_the_rows(make_dataset: Any, opened: Opened) -> None:
    make_dataset("large", {"x": range(70_000), "y": [None, "tea"] * 35_000})
    with opened(dataset("large")) as one, opened({"type": "query", "sql": "FROM large"}) as other:
        assert one.fetch("SELECT x FROM data") == [(at,) for at in range(70_000)]
        assert one.fingerprint == other.fingerprint


def test_a_cancel_ends_the_loading(make_dataset: Any, opened: Opened) -> None:
    make_dataset("large", {"x": range(100_000)})

    def on_rows(rows: int, total: int | None) -> None:
        raise Cancelled(timezone.now())

    with pytest.raises(Cancelled), opened(dataset("large"), on_rows=on_rows):
        pass


def test_one_that_is_deleted_meanwhile_is_no_longer_there(make_dataset: Any, opened: Opened) -> None:
    default_storage.delete(make_dataset("sales", {"x": [1]}).storage_name)
    with pytest.raises(Permanent, match="'sales' is no longer there"), opened(dataset("sales")):
        pass


def test_a_storage_that_is_away_is_worth_another_attempt(
    make_dataset: Any, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_dataset("sales", {"x": [1]})

    def away(*_: Any) -> None:
        raise StorageAway("no answer")

    monkeypatch.setattr(type(default_storage._wrapped), "path", away)  # type: ignore[attr-defined]
    with pytest.raises(Retryable, match="'sales' cannot be read"), opened(dataset("sales")):
        pass


def test_a_registered_source_is_read_whole(rows_of: Any, tmp_path: Path, settings: Settings) -> None:
    path = write_parquet(tmp_path / "drinks.parquet", ROWS)
    both = definition(
        {"data": str(path), "kinds": str(path)}, query="SELECT d.day, d.amount, d.kind, d.area FROM data d"
    )
    settings.STREAMER_SOURCES = {**settings.STREAMER_SOURCES, "drinks": definition(path), "joined": both}
    drinks: Rows = rows_of(dataset("drinks"))
    assert drinks == [tuple(row.values()) for row in ROWS]
    assert rows_of(dataset("joined")) == [row[:4] for row in drinks]


def test_a_source_in_a_database_is_read_whole(rows_of: Any, settings: Settings) -> None:
    entry = {**definition(""), "files": {}, "database": "default", "query": "SELECT 1 AS day, 2 AS amount, 'a' AS kind"}
    settings.STREAMER_SOURCES = {**settings.STREAMER_SOURCES, "ours": {**entry, "region": None}}
    assert rows_of(dataset("ours")) == [(1, 2, "a")]
