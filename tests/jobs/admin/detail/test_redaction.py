"""Secrets are not shown, wherever in the JSON of a client they stand."""

import json
import time
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from jobs.admin.detail.redaction import HIDDEN, without_secrets
from tests.jobs.admin.pages import make_request, page_of, sign_in_staff

NAMES = (
    "password",
    "API_KEY",
    "x-api-key",
    "access_token",
    "client_secret",
    "Authorization",
    "db-password",
    "credentials",
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("abc ", max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
)


@given(JSON)
def test_what_is_no_secret_stays(value: Any) -> None:
    assert without_secrets(value) == value


@given(JSON, st.sampled_from(NAMES), st.text("xyz", min_size=3))
def test_a_secret_is_hidden_by_its_name_at_any_depth(value: Any, name: str, secret: str) -> None:
    shown = json.dumps(without_secrets([{"a": {name: {"b": [secret]}, "c": value}}]))
    assert secret not in shown and json.dumps(HIDDEN)[1:-1] in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgres://root:pass@db:5432/x", f"postgres://root:{HIDDEN}@db:5432/x"),
        ("eyJ-eyJhbGci.eyJzdWIi.c2ln, eyJ, eyJhb.cd", f"{HIDDEN}, eyJ, eyJhb.cd"),
        ("Bearer eyJhbGci.eyJzdWIi.c2ln", f"Bearer {HIDDEN}"),
        ("/api/artifacts/1/?expires=9&signature=abc", f"/api/artifacts/1/?expires=9&signature={HIDDEN}"),
        ("at 14:05 mail alice@example.org", "at 14:05 mail alice@example.org"),
    ],
)
def test_a_secret_in_a_text_is_hidden(text: str, shown: str) -> None:
    assert without_secrets(text) == shown


@pytest.mark.parametrize(
    "part", ["a-", "eyJ-", "eyJabc", "eyJabc.", "a://", "a://b:c", "?x-amz-a", "rt_", "_token", "-", "?token=&"]
)
def test_a_text_is_read_once_whatever_it_is_made_of(part: str) -> None:
    began = time.thread_time()
    text = part * (400_000 // len(part))
    shown = without_secrets({"text": f"{text} eyJhbGci.eyJzdWIi.c2ln", text: 1})
    assert shown["text"].endswith(f" {HIDDEN}")
    # To look from each letter to the end would take minutes, in which the process answers nobody.
    assert time.thread_time() - began < 2


@pytest.mark.django_db
def test_the_page_shows_the_payload_without_them(client: Client) -> None:
    sign_in_staff(client, "view_asyncrequest")
    row = make_request(payload={"password": "hunter2", "tokens": 512}, metadata={"deep": [{"token": "hunter2"}]})
    page = client.get(page_of(row)).content.decode()
    assert "hunter2" not in page and HIDDEN in page and "512" in page
