"""Errors below ``/api/`` have one shape, whoever noticed them."""

from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError
from django.test import Client
from pytest_django import Settings

from tests.conftest import MakeToken

pytestmark = pytest.mark.django_db


def post(client: Client, body: bytes, content_type: str = "application/json", path: str = "/api/token/") -> Any:
    return client.post(path, body, content_type=content_type)


def test_it_works(client: Client) -> None:
    answer = post(client, b'{"username": "nobody", "password": "wrong"}')
    assert answer.status_code == 401 and answer.json()["error"]["code"] == "UNAUTHORIZED"
    assert answer.json()["error"]["message"].startswith("No active account")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"\xff",
        b"[" * 100_000,
        b'{"username": {"a": 1}, "password": []}',
        b'{"username": "a\\u0000", "password": "\\ud800"}',
    ],
)
@pytest.mark.parametrize("path", ["/api/token/", "/api/token/refresh/"])
def test_a_body_that_cannot_be_used_is_told_so(client: Client, body: bytes, path: str) -> None:
    answer = post(client, body, path=path)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] == "VALIDATION_ERROR" and error["message"]


@pytest.mark.parametrize("opening", [b'{"more":', b'{"more":[{"a":'])
@pytest.mark.parametrize("path", [f"/api/artifacts/{UUID(int=0)}/extend/", "/api/token/", "/api/token/refresh/"])
def test_a_body_that_is_nested_too_deep_is_told_so(
    client: Client, opening: bytes, path: str, make_token: MakeToken
) -> None:
    headers = {"Authorization": f"Bearer {make_token()}"}
    answer = client.post(path, opening * 10_000, content_type="application/json", headers=headers)
    assert answer.status_code == 400 and answer.json()["error"]["code"] == "VALIDATION_ERROR"
    assert "nested too deep" in answer.json()["error"]["message"]
    answer = client.post(path, opening * 100_000, content_type="application/json", headers=headers)
    expected = (413, "PAYLOAD_TOO_LARGE") if "artifacts" in path else (400, "VALIDATION_ERROR")
    assert (answer.status_code, answer.json()["error"]["code"]) == expected


@pytest.mark.parametrize(
    ("body", "path", "text"),
    [
        (b'{"days": "x"}', "days", "days: Expected `float`, got `str`"),
        (b'{"days": -1}', "days", "days: Expected `float` > 0.0"),
        (b"{}", "", "Object missing required field `days`"),
    ],
)
def test_a_field_that_does_not_fit_is_named_as_in_messages(
    client: Client, body: bytes, path: str, text: str, make_token: MakeToken
) -> None:
    headers = {"Authorization": f"Bearer {make_token()}"}
    url = f"/api/artifacts/{UUID(int=0)}/extend/"
    answer = client.post(url, body, content_type="application/json", headers=headers)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["message"]) == (400, "VALIDATION_ERROR", text)
    assert [fault["path"] for fault in error["details"]["faults"]] == [path]


def test_all_faults_come_at_once(client: Client) -> None:
    error = post(client, b"{}").json()["error"]
    assert [fault["path"] for fault in error["details"]["faults"]] == ["username", "password"]


def test_another_kind_of_content_is_refused(client: Client) -> None:
    answer = post(client, b"x", "text/plain")
    assert answer.status_code == 415 and answer.json()["error"]["code"] == "VALIDATION_ERROR"


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "\\u0000"])
def test_what_is_no_refresh_token_is_refused(client: Client, token: str) -> None:
    answer = post(client, f'{{"refresh": "{token}"}}'.encode(), path="/api/token/refresh/")
    assert answer.json()["error"]["code"] in ("UNAUTHORIZED", "VALIDATION_ERROR")
    assert answer.status_code in (400, 401)


def test_what_is_not_there_is_told_in_json_to_programs_and_in_html_to_people(client: Client) -> None:
    for path in ("/api/nope", "/api/requests/not-an-id/"):
        answer = client.get(path)
        assert answer.status_code == 404 and answer.json()["error"]["code"] == "NOT_FOUND"
    assert client.get("/nope")["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("path", ["/api/\x00", "/api/actions/?a=%00", "/admin/jobs/pausedaction/%00/change/"])
def test_nul_is_refused_before_a_database_is_asked(client: Client, path: str) -> None:
    assert client.get(path).status_code == 400
    assert client.get("/healthz?a=%2500").status_code == 200


def test_a_foreign_host_is_told_in_json(client: Client, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["localhost"]
    answer = client.get("/api/actions/", headers={"Host": "evil.example"})
    assert answer.status_code == 400 and answer.json()["error"]["code"] == "VALIDATION_ERROR"


def test_a_dead_database_is_no_bug(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise OperationalError("the database is away")

    monkeypatch.setattr("realtime.http.tokens.ObtainTokenView.post", fail)
    answer = post(client, b"{}")
    assert answer.status_code == 503 and answer.json()["error"]["code"] == "SERVICE_UNAVAILABLE"
    assert "database" not in answer.text


def test_a_bug_is_told_without_inner_text(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.http.tokens.ObtainTokenView.post", lambda *_: 1 / 0)
    client.raise_request_exception = False
    answer = post(client, b"{}")
    assert answer.status_code == 500 and answer.json()["error"]["code"] == "INTERNAL_ERROR"
    assert "division" not in answer.text


@pytest.mark.parametrize("path", ["/api/actions/", "/healthz", "/readyz", "/", f"/api/artifacts/{UUID(int=0)}/"])
def test_a_method_that_is_not_there_is_refused_without_a_word_of_cookies(path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    for method in ("POST", "PUT", "DELETE"):
        assert client.generic(method, path).status_code in (404, 405)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/api/actions/", "GET, HEAD"),
        ("/api/token/", "POST, OPTIONS"),
        (f"/api/requests/{UUID(int=0)}/", "GET, HEAD"),
        (f"/api/artifacts/{UUID(int=0)}/", "GET, HEAD"),
        (f"/api/artifacts/{UUID(int=0)}/extend/", "POST"),
        ("/api/datasets/name/", "GET, HEAD, DELETE"),
    ],
)
def test_a_method_that_is_not_there_is_told_in_json(client: Client, path: str, allowed: str) -> None:
    answer = client.put(path, b"{}", content_type="application/json")
    assert (answer.status_code, answer["Allow"]) == (405, allowed)
    assert answer["Content-Type"] == "application/json" and answer.json()["error"]["code"] == "VALIDATION_ERROR"
    assert client.post("/healthz").headers["Allow"] == "GET, HEAD"


def test_a_page_without_a_content_policy_gets_the_default(client: Client, settings: Settings) -> None:
    page, console = client.get("/admin/login/"), client.get("/")
    assert page["Content-Security-Policy"] == settings.CONTENT_SECURITY_POLICY
    assert "unsafe" not in page["Content-Security-Policy"]
    assert console["Content-Security-Policy"] != page["Content-Security-Policy"]
    assert "Content-Security-Policy" not in client.get("/healthz")
    settings.CONTENT_SECURITY_POLICY = ""
    assert "Content-Security-Policy" not in client.get("/admin/login/")
