"""The files that the pages load: the bundle, or the sources."""

import re
from pathlib import Path
from wsgiref.headers import Headers

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from realtime.page_files import keep_hashed_files

LOADED = re.compile(r'(?:src|href)="([^"]+\.(?:js|css))"')


def loaded_by(client: Client) -> list[str]:
    return LOADED.findall(client.get("/").content.decode())


@pytest.mark.parametrize("unbundled", [False, True])
def test_it_works(client: Client, settings: Settings, unbundled: bool) -> None:
    settings.STREAMER_UNBUNDLED_PAGES = unbundled
    urls = loaded_by(client)
    assert len(urls) == 2
    assert all(url.startswith("/static/streamer/") and ("/built/" in url) is not unbundled for url in urls)
    assert all(finders.find(url.removeprefix("/static/")) for url in urls)


def test_compressed_files_lie_beside_the_bundle(client: Client) -> None:
    for url in loaded_by(client):
        path = url.removeprefix("/static/")
        assert finders.find(f"{path}.br") and finders.find(f"{path}.gz")


@pytest.mark.parametrize(
    ("name", "kept"),
    [("built/console-B2BM5DR5.js", True), ("built/manifest.json", False), ("client/streamer-client.js", False)],
)
def test_only_files_with_a_hash_are_kept_for_ever(name: str, kept: bool) -> None:
    headers = Headers([("Cache-Control", "max-age=60, public")])
    keep_hashed_files(headers, f"/anywhere/{name}", f"/static/streamer/{name}")
    assert ("immutable" in headers["Cache-Control"]) is kept  # type: ignore[operator]


def test_a_project_can_collect_them_under_names_of_its_own(client: Client, settings: Settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    urls = loaded_by(client)
    assert len(urls) == 2 and all((tmp_path / url.removeprefix("/static/")).exists() for url in urls)
