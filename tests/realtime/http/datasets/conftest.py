"""Datasets over HTTP, whose files lie in a folder of the test's own."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import AsyncClient
from pytest_django import Settings

from jobs.data.datasets.ingest.conversion import ingest
from realtime.http.uploads import view
from tests.conftest import MakeToken
from tests.realtime.http.uploading import CSV, Upload, body_of

Ask = Callable[..., Awaitable[Any]]


@pytest.fixture(autouse=True)
def folders(settings: Settings, tmp_path: Path) -> Path:
    settings.STREAMER_SCRATCH_DIR = tmp_path / "scratch"
    backend = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(tmp_path / "files")},
    }
    settings.STORAGES = {**settings.STORAGES, "default": backend}
    return tmp_path


@pytest.fixture(autouse=True)
def ingest_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ingest in this process, so that only one of the tests starts a process of its own."""
    monkeypatch.setattr(
        view, "ingest_in_process", lambda path, folder, options, is_wanted: ingest(path, folder, options)
    )


@pytest.fixture
def left_over(folders: Path) -> Callable[[], list[Path]]:
    return lambda: [path for path in folders.rglob("*") if path.is_file()]


@pytest.fixture
def post(make_token: MakeToken) -> Ask:
    """Return ``await post(content, user=…, name=…)``, which returns status and body."""

    async def ask(content: bytes = CSV, *, who: Any = None, filename: str = "Sales.csv", **fields: str) -> Any:
        upload = await Upload(make_token(**(who or {}))).send(body_of(content, filename, **fields))
        return await upload.answer()

    return ask


@pytest.fixture
def ask(async_client: AsyncClient, make_token: MakeToken) -> Ask:
    async def one(path: str = "", method: str = "get", **who: Any) -> Any:
        headers = {"Authorization": f"Bearer {make_token(**who)}"}
        return await getattr(async_client, method)(f"/api/datasets/{path}", headers=headers)

    return one
