"""``/api/docs/``: who sees the descriptions, and what they tell to whom."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from pytest_django import Settings

from tests.conftest import MakeToken

pytestmark = pytest.mark.django_db(transaction=True)
DOCUMENTS = ["/api/docs/openapi.json", "/api/docs/asyncapi.json"]


def get(client: Client, path: str, token: str | None = None) -> Any:
    return client.get(path, headers={} if token is None else {"Authorization": f"Bearer {token}"})


@pytest.fixture(autouse=True)
def for_users(settings: Settings) -> None:
    settings.STREAMER_API_DOCS = "users"


@pytest.mark.parametrize("path", DOCUMENTS)
def test_it_works(path: str, client: Client, make_token: MakeToken) -> None:
    answer = get(client, path, make_token())
    assert answer.status_code == 200 and answer["Content-Type"] == "application/json"
    assert answer["Cache-Control"] == "no-store"
    assert {"echo", "generate_report", "zoo_count"} <= set(answer.json()["x-actions"])


def test_a_token_shows_the_actions_that_it_may_use(client: Client, make_token: MakeToken) -> None:
    seen = get(client, DOCUMENTS[0], make_token(permissions=("reports.generate",))).json()
    assert "generate_report" in seen["x-actions"] and "process_data" not in seen["x-actions"]
    assert "action.ReportResult" in seen["components"]["schemas"]
    assert "process_data" not in str(seen["components"])


@pytest.mark.parametrize("path", DOCUMENTS)
def test_nobody_else_sees_anything(path: str, client: Client) -> None:
    for token in (None, "no.good.token"):
        answer = get(client, path, token)
        assert answer.status_code == 401 and answer.json()["error"]["code"] == "UNAUTHORIZED"


def test_staff_that_signed_in_sees_all_and_other_accounts_nothing(client: Client) -> None:
    users = get_user_model().objects
    client.force_login(users.create_user("plain"))
    assert get(client, DOCUMENTS[0]).status_code == 401
    staff = users.create_user("staff", is_staff=True)
    client.force_login(staff)
    assert "process_data" in get(client, DOCUMENTS[0]).json()["x-actions"]
    users.filter(pk=staff.pk).update(is_active=False)
    assert get(client, DOCUMENTS[0]).status_code == 401


def test_everybody_may_where_the_installation_says_so(client: Client, settings: Settings) -> None:
    settings.STREAMER_API_DOCS = "everybody"
    assert "process_data" in get(client, DOCUMENTS[0]).json()["x-actions"]
    assert get(client, DOCUMENTS[0], "no.good.token").status_code == 401


def test_there_is_nothing_where_nobody_may(client: Client, settings: Settings, make_token: MakeToken) -> None:
    settings.STREAMER_API_DOCS = "nobody"
    for path in ["/api/docs/", *DOCUMENTS]:
        answer = get(client, path, make_token())
        assert answer.status_code == 404 and answer.json()["error"]["code"] == "NOT_FOUND"


def test_internal_actions_are_told_to_nobody(client: Client, settings: Settings) -> None:
    settings.STREAMER_API_DOCS = "everybody"
    assert b"bulk_share" not in get(client, DOCUMENTS[0]).content


def test_the_page_loads_nothing_foreign_and_holds_no_description(client: Client) -> None:
    page = client.get("/api/docs/")
    assert page.status_code == 200 and page["Content-Type"].startswith("text/html")
    policy = page["Content-Security-Policy"]
    assert "default-src 'self'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
    assert b"generate_report" not in page.content and b"http://" not in page.content
    assert client.get("/api/docs").content == page.content and client.post("/api/docs/").status_code == 405
