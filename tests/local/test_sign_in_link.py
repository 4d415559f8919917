"""``manage.py streamer_sign_in_link``: which user, and which console."""

import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from realtime.http.sign_in.links import use_link
from streamer_site.local.accounts import ensure_admin
from streamer_site.local.folder import DataFolder, read_owner

pytestmark = pytest.mark.django_db


def link(*arguments: str) -> str:
    out = StringIO()
    call_command("streamer_sign_in_link", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.DATA_DIR = tmp_path
    ensure_admin(tmp_path)
    return tmp_path


def test_it_works(folder: Path) -> None:
    with DataFolder(folder) as locked:
        locked.note_owner("http://127.0.0.1:8001")
        found = re.fullmatch(r"http://127\.0\.0\.1:8001/#sign-in=(\S{43})\n", link())
    assert found and use_link(found[1])[0].username == "admin"
    assert read_owner(folder) == (0, "")


def test_the_console_is_where_one_says(settings: Settings) -> None:
    settings.STREAMER_PUBLIC_URL = "https://reports.example.org"
    assert link("--user", "admin").startswith("https://reports.example.org/#sign-in=")
    assert link("--url", "https://other.example/").startswith("https://other.example/#sign-in=")


def test_without_a_stack_the_url_must_be_given() -> None:
    with pytest.raises(CommandError, match="No stack runs on this data folder"):
        link()


def test_an_unknown_user_is_said() -> None:
    with pytest.raises(CommandError, match="There is no user 'nobody'"):
        link("--user", "nobody", "--url", "http://console.test")


def test_where_another_issuer_gives_the_tokens_there_are_no_links(settings: Settings) -> None:
    settings.JWT_SIGNING_KEY = ""
    with pytest.raises(CommandError, match="another issuer"):
        link("--url", "http://console.test")
