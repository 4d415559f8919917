import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage, default_storage
from django.utils import timezone
from pytest_django import Settings

from jobs.data.datasets import store
from jobs.data.datasets.adding import Wish, add_dataset
from jobs.data.datasets.failures import DatasetError, InvalidName, QuotaExceeded, TooLarge, Unreadable
from jobs.data.datasets.ingest.conversion import ingest
from jobs.data.datasets.naming import name_from
from jobs.data.datasets.store import delete_dataset, find_dataset, list_datasets, local_copy, used_bytes
from jobs.handler import Permanent
from jobs.models import Dataset
from jobs.sweeper.rules import delete_expired_datasets

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]
CSV = "region,amount\nnorth,1\nsouth,2\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "scratch").mkdir()
    yield tmp_path / "scratch"


def add(
    folder: Path, content: str = CSV, filename: str = "Sales 2024.csv", tenant: str = "acme", **wish: Any
) -> Dataset:
    path = folder / "upload"
    path.write_text(content)
    return add_dataset(
        path, folder, tenant_id=tenant, user_id="alice", filename=filename, wish=Wish(**wish), ingest=ingest
    )


def stored(own_storage: Path) -> list[Path]:
    return [path for path in own_storage.rglob("*") if path.is_file()] if own_storage.exists() else []


def test_it_works(folder: Path, own_storage: Path) -> None:
    row = add(folder)
    row.refresh_from_db()
    assert (row.name, row.rows, row.format, row.uploaded_bytes) == ("sales_2024", 2, "csv", len(CSV))
    assert row.sha256 == hashlib.sha256(CSV.encode()).hexdigest()
    assert row.columns[1] == {"name": "amount", "type": "BIGINT", "nulls": 0} and row.sample[0]["region"] == "north"
    path = local_copy(row, folder)
    assert path.read_bytes()[:4] == b"PAR1" and path.stat().st_size == row.size_bytes == used_bytes("acme")
    assert stored(own_storage) == [path]
    assert row.expires_at is not None and timedelta(days=89) < row.expires_at - timezone.now() < timedelta(days=91)


def test_what_no_database_stores_is_left_out_of_the_row(folder: Path) -> None:
    content = '{"a": "x\\u0000y", "b\\u0000c": 1, "d": "10\\u0000"}\n'
    row = add(folder, content, filename="odd\x00\udce4.jsonl")
    row.refresh_from_db()
    assert [column["name"] for column in row.columns] == ["a", "b c", "d"]
    assert row.sample == [{"a": "xy", "b c": 1, "d": "10"}] and row.filename == "odd?.jsonl"


def test_a_note_that_quotes_the_file_is_stored(folder: Path) -> None:
    lines = [*('{"n": "1"}' for _ in range(20)), '{"n": "\\u0000?"}']
    row = add(folder, "\n".join(lines), filename="odd.jsonl")
    row.refresh_from_db()
    assert "\x00" not in "".join(row.notes)


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("Verkäufe 2024.csv.gz", "verkaufe_2024"),
        ("../../etc/passwd", "passwd"),
        ("C:\\data\\Q1-final.XLSX", "q1-final"),
        ("数据.csv", "dataset"),
        ("sample.csv", "sample_2"),
        ("", "dataset"),
        ("x" * 300 + ".csv", "x" * 56),
    ],
)
def test_a_name_is_made_of_the_files(filename: str, name: str) -> None:
    assert name_from(filename, ["sample"]) == name


def test_names_are_unique_within_a_tenant(folder: Path) -> None:
    assert [add(folder).name, add(folder).name, add(folder, tenant="other").name] == [
        "sales_2024",
        "sales_2024_2",
        "sales_2024",
    ]
    with pytest.raises(InvalidName, match="already"):
        add(folder, name="sales_2024")
    assert add(folder, tenant="other", name="mine").name == "mine"


@pytest.mark.parametrize("name", ["", "A", "a b", "-a", "a" * 65, 'a"', "ä", "a\n", "sample"])
def test_a_name_that_is_none_or_that_of_a_source(name: str, folder: Path) -> None:
    with pytest.raises(InvalidName):
        add(folder, name=name)
    assert not Dataset.objects.exists()


def test_an_expired_dataset_holds_its_name_no_longer(folder: Path, own_storage: Path) -> None:
    Dataset.objects.filter(id=add(folder, name="sales").id).update(expires_at=timezone.now())
    assert find_dataset("acme", "sales") is None and used_bytes("acme") == 0
    assert add(folder, name="sales").name == "sales"
    assert Dataset.objects.count() == len(stored(own_storage)) == 1


@pytest.mark.parametrize("days", [-1, 4000, float("nan"), float("inf")])
def test_a_time_that_cannot_be(days: float) -> None:
    with pytest.raises(DatasetError, match="expires_in_days"):
        Wish(expires_in_days=days)


def test_times(folder: Path, settings: Settings) -> None:
    assert add(folder, expires_in_days=0).expires_at is None
    settings.STREAMER_DATASET_DAYS = 0
    assert add(folder).expires_at is None


# --- limits ----------------------------------------------------------------------------------------------------------


def test_the_quota_is_the_tenants(folder: Path, own_storage: Path, settings: Settings) -> None:
    size = add(folder).size_bytes
    settings.STREAMER_DATASET_QUOTA_BYTES = 2 * size - 1
    with pytest.raises(QuotaExceeded) as caught:
        add(folder)
    assert caught.value.details == {"used_bytes": size, "quota_bytes": 2 * size - 1, "needed_bytes": size}
    assert len(stored(own_storage)) == 1 and add(folder, tenant="other").rows == 2
    delete_dataset("acme", "sales_2024")
    assert add(folder).rows == 2


def test_two_at_once_cannot_both_have_the_last_room(
    folder: Path, own_storage: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = add(folder).size_bytes
    settings.STREAMER_DATASET_QUOTA_BYTES = 2 * size - 1
    check, looks = store.check_quota, iter([True, True, False])
    # The looks before the insert found room, as they do when the other upload was not yet stored.
    for module in ("jobs.data.datasets.adding", "jobs.data.datasets.store"):
        monkeypatch.setattr(f"{module}.check_quota", lambda *args: None if next(looks) else check(*args))
    with pytest.raises(QuotaExceeded):
        add(folder)
    assert Dataset.objects.count() == len(stored(own_storage)) == 1


def test_the_limit_of_an_upload(folder: Path, settings: Settings) -> None:
    settings.STREAMER_DATASET_MAX_BYTES = len(CSV) - 1
    with pytest.raises(TooLarge):
        add(folder)


def test_a_failed_upload_leaves_nothing(folder: Path, own_storage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unreadable):
        add(folder, "a,b\n1\n")

    def broken(*_: object, **__: object) -> None:
        raise OSError("no database")

    monkeypatch.setattr(Dataset, "save", broken)
    with pytest.raises(OSError, match="no database"):
        add(folder)
    assert not Dataset.objects.exists() and not stored(own_storage)


# --- tenants ---------------------------------------------------------------------------------------------------------


def test_it_is_found_by_id_and_by_name_within_its_tenant_alone(folder: Path) -> None:
    row = add(folder)
    for key in (str(row.id), row.name):
        assert find_dataset("acme", key) == row
        assert find_dataset("other", key) is None and not delete_dataset("other", key)
    assert list_datasets("other", limit=10) == ([], None) and used_bytes("other") == 0


def test_the_list_comes_in_pages(folder: Path) -> None:
    rows = [add(folder) for _ in range(3)]
    first, cursor = list_datasets("acme", limit=2)
    rest, end = list_datasets("acme", limit=2, cursor=cursor)
    assert ([*first, *rest], end) == (rows[::-1], None)


# --- the end ---------------------------------------------------------------------------------------------------------


def test_deleting_takes_row_and_file(folder: Path, own_storage: Path) -> None:
    row = add(folder)
    assert delete_dataset("acme", row.name) and not delete_dataset("acme", row.name)
    assert not Dataset.objects.exists() and not stored(own_storage)
    with pytest.raises(Permanent, match="no longer there"):
        local_copy(row, folder)


def test_a_deletion_that_is_interrupted_is_finished_by_the_sweeper(
    folder: Path, own_storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(folder)

    def broken(*_: object) -> None:
        raise OSError("storage away")

    with monkeypatch.context() as patched:
        patched.setattr(default_storage, "delete", broken)
        assert delete_dataset("acme", "sales_2024"), "it is gone for everybody"
    assert find_dataset("acme", "sales_2024") is None and stored(own_storage)
    assert delete_expired_datasets(timezone.now()) == 1 and not stored(own_storage)


def test_the_sweeper_deletes_what_has_expired_and_nothing_else(folder: Path, own_storage: Path) -> None:
    for days in (1.0, 3.0, 0.0):
        add(folder, expires_in_days=days)
    assert delete_expired_datasets(timezone.now()) == 0
    assert delete_expired_datasets(timezone.now() + timedelta(days=2)) == 1
    assert Dataset.objects.count() == len(stored(own_storage)) == 2


def test_a_storage_that_is_elsewhere_is_copied_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = add(folder)
    content = local_copy(row, folder).read_bytes()

    def elsewhere(*_: object) -> None:
        raise NotImplementedError

    with monkeypatch.context() as patched:
        patched.setattr(default_storage, "path", elsewhere)
        opened = [FileSystemStorage(default_storage.location).open(row.storage_name)]
        patched.setattr(default_storage, "open", lambda name: opened.pop())
        copies = {local_copy(row, folder), local_copy(row, folder)}
    assert [path.parent for path in copies] == [folder] and copies.pop().read_bytes() == content
