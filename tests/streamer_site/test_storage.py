from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from streamer_site.checks import check_settings
from streamer_site.storage import s3_place, storage_backend

FOLDER = Path("/data/files")
LOCAL = "django.core.files.storage.FileSystemStorage"
KEYS = {"access_key": "a", "secret_key": "s", "region_name": "", "endpoint_url": ""}


def test_it_works() -> None:
    backend = storage_backend("s3://bucket/pre/fix/", options={"gzip": True}, s3=KEYS, folder=FOLDER)
    assert backend["BACKEND"] == "jobs.files.storage.s3.S3Files"
    expected = {"bucket_name": "bucket", "location": "pre/fix", "access_key": "a", "secret_key": "s", "gzip": True}
    assert backend["OPTIONS"] == expected
    assert s3_place("s3://bucket") == ("bucket", "")


def test_local_files_are_in_their_folder_unless_told_otherwise() -> None:
    assert storage_backend(LOCAL, options={}, s3=KEYS, folder=FOLDER)["OPTIONS"] == {"location": "/data/files"}
    other = storage_backend(LOCAL, options={"location": "/else"}, s3=KEYS, folder=FOLDER)
    assert other["OPTIONS"] == {"location": "/else"}
    assert storage_backend("a.b.Storage", options={}, s3=KEYS, folder=FOLDER)["OPTIONS"] == {}


@pytest.mark.parametrize(
    ("storage", "s3", "fault"),
    [
        ("s3://bucket", {}, None),
        (LOCAL, {"access_key": "only"}, None),
        ("s3://", {}, "streamer.E008"),
        ("s3://Bad_Bucket/x", {}, "streamer.E008"),
        ("s3://user:pa55@bucket", {}, "streamer.E008"),
        ("s4://bucket", {}, "streamer.E006"),
        ("no.such.Storage", {}, "streamer.E006"),
        ("os.path.join", {}, "streamer.E006"),
        ("tests.streamer_site.bad_storages.fails_to_load.Storage", {}, "streamer.E006"),
        ("s3://bucket", {"secret_key": ""}, "streamer.E009"),
        ("s3://bucket", {"endpoint_url": "minio:9000"}, "streamer.E010"),
        ("s3://bucket", {"endpoint_url": "http://u:pa55@minio:9000"}, "streamer.E010"),
    ],
)
def test_a_storage_that_is_named_wrongly_is_found(
    storage: str, s3: dict[str, Any], fault: str | None, settings: Settings
) -> None:
    settings.STREAMER_STORAGE, settings.STREAMER_S3 = storage, {**KEYS, **s3}
    found = check_settings()
    ids = {one.id for one in found} - {"streamer.settings.E001"}  # the form of the value alone
    assert ids == ({fault} if fault else set())
    assert "pa55" not in str([one.msg for one in found])


@pytest.mark.parametrize(
    ("backend", "options"),
    [
        (LOCAL, {"locatoin": "pa55"}),
        (LOCAL, {"location": 5}),
        (LOCAL, {"base_url": ["pa55"]}),
        ("jobs.files.storage.s3.S3Files", {"bucket_name": "bucket", "acess_key": "pa55"}),
    ],
)
def test_options_that_do_not_fit_the_storage_are_found(
    backend: str, options: dict[str, Any], settings: Settings
) -> None:
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": backend, "OPTIONS": options}}
    (found,) = check_settings()
    assert found.id == "streamer.E027" and all(name in found.msg for name in options)
    assert "pa55" not in found.msg


def test_files_that_could_never_be_extended_are_found(settings: Settings) -> None:
    settings.STREAMER_ARTIFACT_MAX_DAYS = 1
    assert [one.id for one in check_settings()] == ["streamer.E007"]
