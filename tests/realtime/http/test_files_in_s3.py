"""Uploads and downloads whose files lie in S3, and what clients are told while S3 is away."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from django.conf import settings as project_settings
from django.core.files.storage import default_storage
from django.test import AsyncClient
from pytest_django import Settings

from jobs.data.datasets.ingest.conversion import ingest
from jobs.models import Artifact, Dataset
from jobs.sweeper.rules import delete_expired_datasets
from realtime.http.artifacts import download
from realtime.http.receiving.application import AnswerCut
from realtime.http.uploads import view
from streamer_site.storage import storage_backend
from tests.conftest import MakeToken
from tests.jobs.building import run_next, submit
from tests.realtime.http.uploading import CSV, Upload, body_of
from tests.realtime.sockets import aside

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("in_s3")]


@pytest.fixture(autouse=True)
def ingest_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        view, "ingest_in_process", lambda path, folder, options, is_wanted: ingest(path, folder, options)
    )


@pytest.fixture
def unplug(settings: Settings, closed_port: int) -> Callable[[], Callable[[], None]]:
    """Return a function that takes S3 away, and returns one that brings it back."""

    def away() -> Callable[[], None]:
        before = settings.STORAGES
        keys = {"access_key": "a", "secret_key": "b", "region_name": "us-east-1"}
        s3 = {**keys, "endpoint_url": f"http://127.0.0.1:{closed_port}"}
        backend = storage_backend("s3://bucket/x/", options={}, s3=s3, folder=project_settings.DATA_DIR)
        settings.STORAGES = {**before, "default": backend}

        def back() -> None:
            settings.STORAGES = before

        return back

    return away


async def post(token: str, **fields: str) -> tuple[int, Any]:
    return await (await Upload(token).send(body_of(CSV, **fields))).answer()


async def test_an_upload_waits_for_a_store_that_is_away(
    unplug: Callable[[], Callable[[], None]], make_token: MakeToken, caplog: pytest.LogCaptureFixture
) -> None:
    back = unplug()
    status, answer = await post(make_token(), name="sales")
    assert (status, answer["error"]["code"], answer["error"]["retryable"]) == (503, "SERVICE_UNAVAILABLE", True)
    assert "Traceback" not in caplog.text and not await Dataset.objects.aexists()
    back()
    status, answer = await post(make_token(), name="sales")
    assert (status, answer["rows"]) == (201, 2)
    row = await Dataset.objects.aget()
    assert await aside(default_storage.exists, row.storage_name)


async def test_a_dataset_is_deleted_though_its_store_is_away(
    unplug: Callable[[], Callable[[], None]], make_token: MakeToken, async_client: AsyncClient
) -> None:
    await post(make_token(), name="sales")
    back = unplug()
    headers = {"Authorization": f"Bearer {make_token()}"}
    assert (await async_client.delete("/api/datasets/sales/", headers=headers)).status_code == 204
    assert (await async_client.get("/api/datasets/sales/", headers=headers)).status_code == 404
    row = await Dataset.objects.aget()
    back()
    await aside(delete_expired_datasets, row.expires_at)
    assert not await Dataset.objects.aexists() and not await aside(default_storage.exists, row.storage_name)


async def test_a_part_of_a_file_comes_from_s3_to_its_owner_alone(
    make_token: MakeToken, async_client: AsyncClient, unplug: Callable[[], Callable[[], None]]
) -> None:
    await aside(submit, "zoo_file", text="0123456789")
    await aside(run_next)
    url = f"/api/artifacts/{(await Artifact.objects.aget()).id}/"
    ranged = {"Range": "bytes=2-4"}
    response = await async_client.get(url, headers={"Authorization": f"Bearer {make_token()}", **ranged})
    assert response.status_code == 206 and b"".join([piece async for piece in response]) == b"234"
    foreign = await async_client.get(url, headers={"Authorization": f"Bearer {make_token('bob')}"})
    assert foreign.status_code == 404
    unplug()
    response = await async_client.get(url, headers={"Authorization": f"Bearer {make_token()}"})
    assert response.status_code == 503


async def test_a_store_that_fails_midway_cuts_the_answer_and_leaves_no_traceback(
    make_token: MakeToken, async_client: AsyncClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await aside(submit, "zoo_file", text="0123456789")
    await aside(run_next)

    class Failing:
        closed = False

        def read(self, _: int) -> bytes:
            raise EndpointConnectionError(endpoint_url="http://s3.invalid")

        def close(self) -> None:
            self.closed = True

    file = Failing()
    open_file = download._open
    monkeypatch.setattr(download, "_open", lambda name, first, _: (file, open_file(name, first, 4)[1]))
    url = f"/api/artifacts/{(await Artifact.objects.aget()).id}/"
    response = await async_client.get(url, headers={"Authorization": f"Bearer {make_token()}"})
    pieces = aiter(response)
    assert await anext(pieces) == b"0123"

    with pytest.raises(AnswerCut, match="could not be read to its end"):
        await anext(pieces)
    response.close()
    assert file.closed and "Traceback" not in caplog.text
