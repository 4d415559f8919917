"""Whoever opens a page while the database or Redis is away is told so, in plain words, and nothing else."""

import re
from typing import Any
from unittest.mock import Mock

import pytest
import redis
from django.contrib.auth.models import User
from django.db import OperationalError, ProgrammingError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from jobs.queue.health import probes

pytestmark = pytest.mark.django_db
_INNER = "connection to server at 10.1.2.3 failed"


@pytest.fixture
def no_database(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the database away. Whoever has signed in before has a session in it."""
    monkeypatch.setattr(BaseDatabaseWrapper, "cursor", Mock(side_effect=OperationalError(_INNER)))


@pytest.fixture
def no_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    away = Mock(side_effect=redis.ConnectionError("Error 111 connecting to 10.1.2.3:6379"))
    monkeypatch.setattr(probes, "redis_connection", away)
    monkeypatch.setattr("django_rq.stats_views.get_statistics", away)


def text_of(answer: Any) -> str:
    """Return the words of a page, without the moment at which it was made."""
    page = re.sub(r"(?s)<head>.*?</head>|<svg.*?</svg>|<time[^>]*>.*?</time>|<[^>]+>", " ", answer.content.decode())
    return " ".join(page.split())


@pytest.mark.usefixtures("no_database")
def test_it_works(admin_client: Client, settings: Settings) -> None:
    answer = admin_client.get("/admin/")
    assert answer.status_code == 503
    text = text_of(answer)
    assert "The database is away" in text and "no request is accepted" in text
    assert "/readyz" in text and "streamer_doctor" in text and "began" in answer.content.decode()
    assert (answer["Retry-After"], answer["Cache-Control"]) == ("5", "no-store")
    assert answer["Content-Security-Policy"] == settings.CONTENT_SECURITY_POLICY
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*src=)", answer.content.decode())


@pytest.mark.usefixtures("no_database")
@pytest.mark.parametrize("path", ["/admin/", "/admin/jobs/asyncrequest/", "/admin/auth/user/", "/admin/logout/"])
def test_everybody_is_told_the_same_of_every_page(admin_client: Client, admin_user: User, path: str) -> None:
    stranger = Client()
    stranger.cookies["sessionid"] = "no-session-of-anybody"
    answers = [client.post(path) if "logout" in path else client.get(path) for client in (admin_client, stranger)]
    assert [answer.status_code for answer in answers] == [503, 503]
    assert text_of(answers[0]) == text_of(answers[1])
    told = answers[0].content.decode()
    assert not [one for one in (admin_user.email, str(connection.settings_dict["NAME"]), "10.1.2.3") if one in told]


@pytest.mark.usefixtures("no_database")
def test_whoever_signs_in_is_told_too() -> None:
    client = Client()
    opened = client.get("/admin/", follow=True)
    sent = client.post("/admin/login/", {"username": "admin", "password": "password"})
    for answer in (opened, sent):
        assert answer.status_code == 503 and "Nobody can sign in" in text_of(answer)


@pytest.mark.usefixtures("no_database")
def test_the_console_is_shown_without_the_database(admin_client: Client) -> None:
    assert admin_client.get("/").status_code == 200


@pytest.mark.usefixtures("no_database")
def test_the_beginning_is_that_of_the_first_probe_that_failed(admin_client: Client) -> None:
    began = [admin_client.get("/admin/").content.decode().partition('datetime="')[2] for _ in range(2)]
    since = [re.findall(r'datetime="([^"]+)"[^>]*data-exact', one) for one in began]
    assert since[0] == since[1] != []


def test_the_page_comes_back_with_the_database(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(BaseDatabaseWrapper, "cursor", Mock(side_effect=OperationalError(_INNER)))
        assert admin_client.get("/admin/").status_code == 503
    answer = admin_client.get("/admin/")
    assert answer.status_code == 200 and "The database does not answer" not in answer.content.decode()


@pytest.mark.parametrize("error", [ProgrammingError("no such column"), ValueError("a bug")])
def test_a_view_that_fails_while_all_answer_has_a_fault_of_its_own(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr("realtime.templatetags.streamer_dashboard.overview", Mock(side_effect=error))
    admin_client.raise_request_exception = False
    assert admin_client.get("/admin/").status_code == 500


@pytest.mark.usefixtures("no_redis")
def test_a_page_that_shows_what_is_in_redis_says_that_it_is_away(admin_client: Client) -> None:
    answer = admin_client.get("/admin/django_rq/dashboard/")
    text = text_of(answer)
    assert answer.status_code == 503 and "Redis is away" in text and "The overview works" in text
    assert "10.1.2.3" not in answer.content.decode() and "database" not in text.lower()


@pytest.mark.usefixtures("no_redis")
def test_all_pages_of_streamers_own_are_shown_without_redis(admin_client: Client) -> None:
    overview = admin_client.get("/admin/").content.decode()
    assert "Redis does not answer" in overview
    for page in ("jobs/worker", "jobs/pausedqueue", "jobs/asyncrequest", "realtime/webprocess", "realtime/connection"):
        assert admin_client.get(f"/admin/{page}/").status_code == 200, page


@pytest.mark.usefixtures("no_database")
def test_programs_are_told_as_of_every_error(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> HttpResponse:
        raise OperationalError(_INNER)

    monkeypatch.setattr("realtime.http.sign_in.sign_out.SignOutView.dispatch", fail)
    answer = admin_client.post("/api/token/logout/")
    assert answer.status_code == 503 and answer.json()["error"]["code"] == "SERVICE_UNAVAILABLE"
    assert "10.1.2.3" not in answer.text
