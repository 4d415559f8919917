import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from pytest_django import Settings

from tests.jobs.admin.pages import sign_in_staff


def test_it_works(client: Client) -> None:
    page = client.get("/")
    assert page.status_code == 200 and page["Content-Type"].startswith("text/html") and b"<html" in page.content


def test_the_page_may_load_and_be_framed_by_nothing_foreign(client: Client) -> None:
    page = client.get("/")
    policy = page["Content-Security-Policy"]
    assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert page["Referrer-Policy"] == "no-referrer" and page["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    ("host", "is_secure", "allowed"),
    [
        ("reports.example.org", True, "connect-src 'self' wss://reports.example.org/ws/;"),
        ("localhost:8000", False, "connect-src 'self' ws://localhost:8000/ws/;"),
        ("[::1]:8000", False, "connect-src 'self';"),
    ],
)
def test_its_scripts_reach_its_own_server_and_no_other(
    client: Client, settings: Settings, host: str, is_secure: bool, allowed: str
) -> None:
    settings.ALLOWED_HOSTS = [".example.org", "localhost", "[::1]"]
    page = client.get("/", secure=is_secure, headers={"Host": host})
    assert allowed in page["Content-Security-Policy"]
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("path", ["/", "/api/docs/"])
def test_browsers_ask_whether_the_page_has_changed(client: Client, settings: Settings, path: str) -> None:
    settings.STREAMER_API_DOCS = "everybody"
    page = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert page["Cache-Control"] == "no-cache" and page["Content-Encoding"] == "gzip"
    assert client.get(path, headers={"If-None-Match": page["ETag"]}).status_code == 304


def test_it_is_there_to_read(client: Client) -> None:
    assert client.post("/").status_code == 405


@pytest.mark.django_db
def test_it_leads_to_the_admin_those_who_may_look_there(client: Client) -> None:
    def leads() -> bool:
        return b'data-admin-request="/admin/jobs/asyncrequest/00000000-' in client.get("/").content

    assert not leads()
    sign_in_staff(client)
    assert not leads()
    User.objects.get().user_permissions.set(Permission.objects.filter(codename="view_asyncrequest"))
    assert leads()
