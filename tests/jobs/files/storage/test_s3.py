import logging
import os
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from jobs.doctor import Found, all_checks, examine
from jobs.files.storage import StorageAway, probe, stored_after
from jobs.files.storage.reading import FIRST_BLOCK_BYTES
from jobs.models import Artifact, Status
from jobs.sweeper import orphans
from jobs.sweeper.orphans import OrphanSweep, all_orphans
from jobs.sweeper.rules import delete_expired_artifacts
from tests.jobs.building import final_of, log_of, run_next, submit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("in_s3")]
CONTENT = os.urandom(3 * FIRST_BLOCK_BYTES + 1234)


@pytest.fixture
def reconfigure(settings: Settings) -> Any:
    """``reconfigure(bucket_name="another")``: the same storage with other options."""

    def change(**options: Any) -> None:
        now = settings.STORAGES["default"]
        backend = {**now, "OPTIONS": {**now["OPTIONS"], **options}}
        settings.STORAGES = {**settings.STORAGES, "default": backend}

    return change


def save(name: str, content: bytes = CONTENT) -> str:
    return default_storage.save(f"artifacts/{name}", ContentFile(content))


def requests_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "werkzeug"]


def test_it_works(in_s3: str) -> None:
    name = save("one/1/a.bin")
    assert name == "artifacts/one/1/a.bin" and default_storage.exists(name) and not default_storage.exists(f"{name}x")
    keys = [item.key for item in default_storage.connection.Bucket(in_s3).objects.all()]
    assert keys == ["pre/fix/artifacts/one/1/a.bin"]
    with default_storage.open(name) as file:
        assert file.size == len(CONTENT) and b"".join(file.chunks()) == CONTENT
    assert default_storage.size(name) == len(CONTENT)
    assert timezone.now() - default_storage.get_modified_time(name) < timedelta(minutes=1)
    default_storage.delete(name)
    default_storage.delete(name)
    assert not default_storage.exists(name)
    with pytest.raises(FileNotFoundError):
        default_storage.open(name)


@pytest.mark.parametrize(("start", "length"), [(0, 1), (100, 5), (len(CONTENT) - 3, 50), (FIRST_BLOCK_BYTES - 2, 4)])
def test_a_part_is_read(start: int, length: int) -> None:
    with default_storage.open(save("a.bin")) as file:
        file.seek(start)
        assert file.read(length) == CONTENT[start : start + length]
        file.seek(-4, os.SEEK_END)
        assert file.read() == CONTENT[-4:]


def test_an_empty_file_is_one() -> None:
    with default_storage.open(save("empty", b"")) as file:
        assert file.read() == b""


def test_only_what_is_read_is_asked_for(caplog: pytest.LogCaptureFixture) -> None:
    name = save("a.bin")
    caplog.set_level(logging.INFO, logger="werkzeug")
    with default_storage.open(name) as file:
        file.seek(1000)
        assert not [line for line in requests_of(caplog) if "GET" in line]
        file.read(10)
    assert len([line for line in requests_of(caplog) if "GET" in line]) == 1


# --- listing ---------------------------------------------------------------------------------------------------------


def names_by_pages(limit: int) -> Iterator[str]:
    after = ""
    while page := stored_after("artifacts", after, limit):
        assert len(page) <= limit
        yield from (file.name for file in page)
        after = page[-1].name


def test_names_come_page_after_page() -> None:
    names = sorted(save(f"{folder}/1/{file}.txt", b"x") for folder in "abc" for file in "xy")
    assert list(names_by_pages(4)) == names
    default_storage.save("datasets/x", ContentFile(b"x"))
    assert list(names_by_pages(1000)) == names


def test_orphans_are_deleted_page_after_page(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.STREAMER_ORPHAN_SWEEP_SECONDS = 0
    submit("zoo_file")
    run_next()
    for number in range(3):
        save(f"nobody/1/{number}.txt", b"x")
    sweep = OrphanSweep()
    assert sweep(timezone.now()) == 0
    monkeypatch.setattr(orphans, "ORPHAN_AGE", timedelta(seconds=-5))
    monkeypatch.setattr(orphans, "PAGE", 2)
    assert len(list(all_orphans())) == 3
    assert [sweep(timezone.now()) for _ in range(5)].count(0) < 5
    (kept,) = names_by_pages(10)
    assert kept == Artifact.objects.get().storage_name


# --- a whole run -----------------------------------------------------------------------------------------------------


def test_a_run_stores_its_file_and_the_sweeper_deletes_it() -> None:
    submit("zoo_file", text="hello")
    row = run_next()
    artifact = Artifact.objects.get()
    assert row.status == Status.COMPLETED and artifact.size_bytes == 5
    with default_storage.open(artifact.storage_name) as file:
        assert file.read() == b"hello"
    assert not [one.check.name for one in examine(all_checks(deep=True)) if one.is_ill]
    Artifact.objects.update(expires_at=timezone.now())
    assert delete_expired_artifacts(timezone.now()) == 1
    assert list(names_by_pages(10)) == []


def test_the_doctor_finds_a_result_whose_file_is_missing_or_has_changed() -> None:
    submit("zoo_file", text="hello")
    run_next()
    artifact = Artifact.objects.get()
    default_storage.save(artifact.storage_name, ContentFile(b"shorter"))
    assert ill() == {"artifact-sizes", "artifact-hashes"}
    default_storage.delete(artifact.storage_name)
    assert ill() == {"artifact-files"}


def ill() -> set[str]:
    return {one.check.name for one in examine(all_checks(deep=True)) if one.is_ill}


# --- what goes wrong -------------------------------------------------------------------------------------------------


def test_a_run_whose_file_cannot_be_stored_is_tried_again(reconfigure: Any, in_s3: str) -> None:
    reconfigure(bucket_name="no-such-bucket")
    request_id = submit("zoo_file", text="hello")
    row = run_next()
    assert row.status == Status.RETRYING
    error = log_of(request_id)[-1].data["error"]
    assert error["retryable"] is True and "bucket" not in str(error)
    reconfigure(bucket_name=in_s3)
    row.__class__.objects.update(available_at=timezone.now())
    assert run_next().status == Status.COMPLETED and final_of(request_id)["success"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"bucket_name": "no-such-bucket"}, "there is no such bucket"),
        ({"endpoint_url": "http://127.0.0.1:9"}, "does not answer"),
        ({"access_key": None, "secret_key": None}, "no credentials were found"),
    ],
)
def test_the_doctor_says_what_is_wrong(
    options: dict[str, Any], said: str, reconfigure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    reconfigure(**options)
    with pytest.raises(StorageAway, match=said):
        probe()
    found = {one.check.name: one for one in examine(all_checks())}
    assert found["storage"].found.count == 1 and said in found["storage"].found.examples[0]
    assert found["orphans"].found == Found(count=0) and found["orphans"].not_examined
    output = StringIO()
    with pytest.raises(SystemExit):
        call_command("streamer_doctor", stdout=output)
    assert said in output.getvalue() and "a-secret-key" not in output.getvalue()


def test_no_url_and_no_error_holds_a_secret(reconfigure: Any) -> None:
    name = save("a.bin", b"x")
    assert "secret" not in default_storage.url(name) and "Signature" not in default_storage.url(name)
    reconfigure(endpoint_url="http://127.0.0.1:9")
    with pytest.raises(StorageAway) as caught:
        default_storage.save("artifacts/b.bin", ContentFile(b"x"))
    assert caught.value.__cause__ is None and "key" not in str(caught.value)
