"""A full disk: what cannot be stored is refused or tried again, nothing is lost, and it goes on once there is room."""

import errno
import json
import os
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from channels.testing import HttpCommunicator
from django.db import DatabaseError, OperationalError, connection
from django.utils import timezone
from pytest_django import Settings

from jobs.contract.registry import all_handlers
from jobs.data.datasets.ingest.ingest_process import ingest_in_process
from jobs.data.datasets.outcome import Options
from jobs.errors import ErrorCode
from jobs.execution.inline import InlineFailure, run_inline
from jobs.full_disk import is_disk_full
from realtime.http.receiving.application import BoundedBodies
from tests.conftest import MakeToken
from tests.jobs.building import change, final_of, log_of, row_of, run_next, stored_files, submit
from tests.jobs.bulk.building import codes, submit_bulk
from tests.realtime.http.uploading import Upload, body_of
from tests.small_disk import SmallDisk, mount_small_disk

NUMBERS = random.Random(7)
# They are as large in any format.
ROWS = b"a,b\n" + b"".join(b"%d,%d\n" % (NUMBERS.randrange(10**9), NUMBERS.randrange(10**9)) for _ in range(100_000))


@pytest.fixture
def disk(tmp_path: Path, settings: Settings) -> Iterator[SmallDisk]:
    """Mount a disk, and have scratch folders on it."""
    with mount_small_disk(tmp_path / "disk", mebibytes=4) as disk:
        settings.STREAMER_SCRATCH_DIR = disk.path / "scratch"
        yield disk


def full_database() -> DatabaseError:
    """Return the error of a real database that has no room."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE texts (text)")
        connection.execute("PRAGMA max_page_count = 2")
        with pytest.raises(sqlite3.OperationalError) as caught:
            connection.execute("INSERT INTO texts VALUES (?)", ["x" * 10_000])
    error = OperationalError(str(caught.value))
    error.__cause__ = caught.value
    return error


def test_a_full_disk_is_told_from_other_errors() -> None:
    text = os.strerror(errno.ENOSPC)
    wrapped = RuntimeError("cannot write")
    wrapped.__cause__ = OSError(errno.ENOSPC, text)
    full = [OSError(errno.EDQUOT, "x"), OSError(f"IO Error: {text}"), duckdb.IOException(f"IO Error: {text}"), wrapped]
    assert all(map(is_disk_full, [*full, full_database(), psycopg.errors.DiskFull("could not extend file")]))
    assert not any(map(is_disk_full, [None, OSError(errno.EACCES, "x"), ValueError(text), KeyError("x")]))


@pytest.mark.django_db(transaction=True)
def test_a_handler_that_finds_no_room_is_tried_again(
    disk: SmallDisk, own_storage: Path, caplog: pytest.LogCaptureFixture
) -> None:
    disk.fill()
    request_id = submit("zoo_file")
    row = run_next()
    retrying = log_of(request_id)[-1].data
    assert row.status == "retrying" and retrying["error"]["code"] == ErrorCode.SERVICE_UNAVAILABLE
    assert "Traceback" not in caplog.text and "full" in caplog.text and not stored_files()
    disk.free()
    change(request_id, available_at=timezone.now())
    assert run_next().status == "completed" and final_of(request_id)["artifacts"]


@pytest.mark.django_db(transaction=True)
def test_an_item_of_a_bulk_that_finds_no_room_says_so(disk: SmallDisk, own_storage: Path) -> None:
    disk.fill()
    words = [{"word": "one"}, {"word": "two"}]
    request_id = submit_bulk({"type": "action", "action": "zoo_item_file"}, words)
    run_next()
    assert codes(request_id) == {0: ErrorCode.SERVICE_UNAVAILABLE, 1: ErrorCode.SERVICE_UNAVAILABLE}


def test_a_file_that_finds_no_room_is_not_at_fault(disk: SmallDisk, tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(ROWS)
    scratch = disk.path / "scratch"
    scratch.mkdir()
    (disk.path / "filler").write_bytes(b"x" * 3_900_000)
    with pytest.raises(OSError, match="No space left"):
        ingest_in_process(path, scratch, Options())
    disk.free()
    assert ingest_in_process(path, scratch, Options()).rows == 100_000


@pytest.mark.django_db(transaction=True)
async def test_an_upload_that_finds_no_room_can_be_repeated(
    disk: SmallDisk, own_storage: Path, make_token: MakeToken, caplog: pytest.LogCaptureFixture
) -> None:
    token = make_token()
    disk.fill()
    status, answer = await (await Upload(token).send(body_of(ROWS))).answer()
    assert (status, answer["error"]["code"]) == (503, "SERVICE_UNAVAILABLE") and answer["error"]["retryable"]
    assert "Traceback" not in caplog.text
    disk.free()
    status, answer = await (await Upload(token).send(body_of(ROWS))).answer()
    assert (status, answer["rows"]) == (201, 100_000)


async def test_a_body_that_finds_no_room_is_refused_in_the_one_shape(caplog: pytest.LogCaptureFixture) -> None:
    """Django keeps a large body in a file for temporary ones, before any view can answer."""

    async def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    headers = [(b"host", b"localhost"), (b"content-length", b"0")]
    communicator = HttpCommunicator(BoundedBodies(full, ()), "POST", "/api/token/", headers=headers)
    answer = await communicator.get_response(20)
    assert (answer["status"], json.loads(answer["body"])["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert "No space left" in caplog.text and "Traceback" not in caplog.text


@pytest.mark.django_db(transaction=True)
async def test_a_dataset_that_finds_no_room_in_the_store_leaves_no_half(
    tmp_path: Path, settings: Settings, make_token: MakeToken
) -> None:
    token = make_token()
    with mount_small_disk(tmp_path / "store", mebibytes=1) as disk:
        backend = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(disk.path)}}
        settings.STORAGES = {**settings.STORAGES, "default": backend}
        disk.fill()
        status, _ = await (await Upload(token).send(body_of(b"a\n1\n"))).answer()
        assert status == 503 and not list(disk.path.rglob("*.parquet"))
        disk.free()
        status, _ = await (await Upload(token).send(body_of(b"a\n1\n"))).answer()
        assert status == 201


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite lies on this machine's disk")
def test_a_database_without_room_refuses_and_then_goes_on() -> None:
    request_id = submit("zoo_count", updates=3)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # or the rows of earlier tests leave room
        cursor.execute("PRAGMA page_count")
        pages = cursor.fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count = {pages}")
    try:
        with pytest.raises(OperationalError, match="full"):
            for _ in range(50):
                submit("zoo_count", text="x" * 10_000)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA max_page_count = 1073741823")
    assert run_next().id == request_id and row_of(request_id).status == "completed"


@pytest.mark.django_db(transaction=True)
async def test_an_inline_action_that_finds_no_room_says_so(
    disk: SmallDisk, own_storage: Path, caplog: pytest.LogCaptureFixture
) -> None:
    disk.fill()
    handler = all_handlers()["zoo_inline_file"]
    with pytest.raises(InlineFailure) as caught:
        await run_inline(handler, handler.parse({}), tenant_id="acme", user_id="alice")
    assert caught.value.error["code"] == ErrorCode.SERVICE_UNAVAILABLE and "Traceback" not in caplog.text
