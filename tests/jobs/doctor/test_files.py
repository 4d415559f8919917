"""Illnesses of files: of artifacts, of datasets, of nobody."""

import uuid
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage

from jobs.doctor import all_checks, examine
from jobs.models import Artifact, Dataset
from tests.jobs.building import claim, stored_files, submit
from tests.jobs.doctor.illness import HOUR, completed, found, ill, make_old, mended

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_storage", "own_scratch")]


def test_an_artifact_without_its_file() -> None:
    artifact = Artifact.objects.get(request_id=completed("zoo_file"))
    default_storage.delete(artifact.storage_name)
    assert found("artifact-files") == (str(artifact.id),)


def test_a_file_of_the_wrong_size() -> None:
    artifact = Artifact.objects.get(request_id=completed("zoo_file"))
    Path(default_storage.path(artifact.storage_name)).write_bytes(b"shorter or longer")
    assert found("artifact-sizes") == (str(artifact.id),)


def test_other_bytes_of_the_same_number_are_found_by_a_deep_look() -> None:
    artifact = Artifact.objects.get(request_id=completed("zoo_file", text="hello"))
    Path(default_storage.path(artifact.storage_name)).write_bytes(b"HELLO")
    assert not ill()
    assert ill(deep=True)["artifact-hashes"].found.examples == (str(artifact.id),)


def test_an_artifact_of_a_request_that_did_not_complete() -> None:
    artifact = Artifact.objects.get(request_id=completed("zoo_file"))
    running = submit()
    claim()
    Artifact.objects.filter(id=artifact.id).update(request_id=running)
    assert found("artifact-requests") == (str(artifact.id),)


def test_an_old_file_that_belongs_to_nothing() -> None:
    completed("zoo_file")
    name = default_storage.save(f"artifacts/{uuid.uuid4()}/1/left/over.txt", ContentFile(b"over"))
    assert not ill()
    make_old(Path(default_storage.path(name)), 2 * HOUR)
    assert mended("orphans") == "deleted 1 file"
    assert stored_files() == ["hello.txt"]


def test_an_old_file_of_a_running_attempt_is_no_orphan() -> None:
    request_id = submit()
    claim()
    name = default_storage.save(f"artifacts/{request_id}/1/in/work.txt", ContentFile(b"early"))
    make_old(Path(default_storage.path(name)), 2 * HOUR)
    assert not ill()


def test_an_old_scratch_folder(own_scratch: Path) -> None:
    for name, span in (("old", 48 * HOUR), ("fresh", HOUR)):
        (own_scratch / name).mkdir()
        (own_scratch / name / "rows").write_bytes(b"spilled")
        make_old(own_scratch / name, span)
    assert mended("scratch") == "deleted 1 folders"
    assert [path.name for path in own_scratch.iterdir()] == ["fresh"]


def test_the_sweeper_has_its_time_for_the_scratch_of_a_killed_run(own_scratch: Path) -> None:
    for name, span in (("run-now", HOUR / 55), ("run-long", HOUR / 30)):
        (own_scratch / name).mkdir()
        make_old(own_scratch / name, span)
    assert found("scratch") == ("run-long",)


def test_a_storage_that_cannot_list_its_files_is_not_examined(monkeypatch: pytest.MonkeyPatch) -> None:
    def cannot(*_: object) -> None:
        raise NotImplementedError

    monkeypatch.setattr(FileSystemStorage, "listdir", cannot)
    (orphans,) = (one for one in examine(all_checks()) if one.check.name == "orphans")
    assert orphans.not_examined == "this storage cannot list its files" and not orphans.is_ill


def test_a_storage_that_does_not_answer_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(FileSystemStorage, "listdir", broken)
    assert found("orphans") == ("OSError: the disk is gone",)


def make_dataset() -> Dataset:
    name = default_storage.save("datasets/a.parquet", ContentFile(b"PAR1"))
    fields = {"tenant_id": "acme", "user_id": "alice", "name": "sales", "format": "csv", "sha256": "0" * 64}
    return Dataset.objects.create(**fields, uploaded_bytes=4, size_bytes=4, rows=1, storage_name=name)


def test_a_dataset_has_its_file() -> None:
    row = make_dataset()
    make_old(Path(default_storage.path(row.storage_name)), 2 * HOUR)
    assert not ill()
    Path(default_storage.path(row.storage_name)).write_bytes(b"PAR")
    assert found("dataset-files") == (str(row.id),)
    default_storage.delete(row.storage_name)
    assert found("dataset-files") == (str(row.id),)


def test_a_file_of_no_dataset() -> None:
    row = make_dataset()
    make_old(Path(default_storage.path(row.storage_name)), 2 * HOUR)
    Dataset.objects.all().delete()
    assert mended("orphans") == "deleted 1 file"
