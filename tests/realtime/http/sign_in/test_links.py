"""Sign-in links: each lets one account in, once and soon."""

import hashlib
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client
from django.utils import timezone

from realtime.auth import verify
from realtime.http.sign_in.links import LIFE, LinkRefused, link_fragment, use_link
from realtime.models import SignInLink
from realtime.revocations.writing import revoke_tokens
from tests.realtime.http.sign_in.conftest import Post

pytestmark = pytest.mark.django_db
Redeem = Callable[[str], Any]


@pytest.fixture
def redeem(client: Client) -> Redeem:
    return lambda code: client.post("/api/token/link/", {"code": code}, content_type="application/json")


def code_for(user: User) -> str:
    return link_fragment(user).removeprefix("#sign-in=")


def refused(answer: Any) -> str:
    assert answer.status_code == 401
    return str(answer.json()["error"]["message"])


def test_it_works(redeem: Redeem, refresh: Post, alice_user: User) -> None:
    answer = redeem(code_for(alice_user))
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert verify(answer.json()["access"]).user_id == "alice"
    assert refresh(answer.json()).status_code == 200


def test_it_lets_in_once(redeem: Redeem, alice_user: User) -> None:
    code = code_for(alice_user)
    assert redeem(code).status_code == 200
    assert refused(redeem(code)) == "This sign-in link has been used. Each lets in once."


def test_it_lets_in_for_minutes(redeem: Redeem, alice_user: User) -> None:
    code = code_for(alice_user)
    assert timedelta(0) < LIFE <= timedelta(minutes=10)
    SignInLink.objects.update(expires_at=timezone.now())
    assert refused(redeem(code)) == "This sign-in link has expired. It was good for 5 min."


def test_the_table_lets_nobody_in_who_reads_it(redeem: Redeem, alice_user: User) -> None:
    code = code_for(alice_user)
    stored = SignInLink.objects.values().get()
    assert code not in str(stored)
    assert stored["digest"] == hashlib.sha256(code.encode()).hexdigest()
    assert refused(redeem(stored["digest"])) == "There is no such sign-in link here."
    assert redeem(code).status_code == 200  # a guess uses nothing up


@pytest.mark.parametrize("body", [{}, {"code": ""}, {"code": ["x"]}, {"code": "x" * 500}])
def test_what_is_no_code_is_an_error(body: dict[str, Any], client: Client) -> None:
    answer = client.post("/api/token/link/", body, content_type="application/json")
    assert answer.status_code == 400 and answer.json()["error"]["code"] == "VALIDATION_ERROR"


def test_an_inactive_account_is_not_let_in(redeem: Redeem, alice_user: User) -> None:
    code = code_for(alice_user)
    User.objects.update(is_active=False)
    assert refused(redeem(code)) == "The account of this sign-in link is not active."


def test_a_changed_password_voids_it(redeem: Redeem, alice_user: User) -> None:
    code = code_for(alice_user)
    alice_user.set_password("another one, of nobody")
    alice_user.save()
    assert "password has been changed" in refused(redeem(code))


def test_a_revocation_voids_it(redeem: Redeem, alice_user: User) -> None:
    code = code_for(alice_user)
    revoke_tokens(user_id="alice")
    assert "access of this account was ended" in refused(redeem(code))


def test_a_refusal_is_logged_without_the_code(
    redeem: Redeem, alice_user: User, caplog: pytest.LogCaptureFixture
) -> None:
    code = code_for(alice_user)
    redeem(code), redeem(code), redeem("of-nobody-at-all")
    records = [vars(record) for record in caplog.records if record.getMessage() == "Sign-in refused"]
    assert [(one["reason"], one.get("user")) for one in records] == [("link_used", "alice"), ("link_unknown", None)]
    assert code not in str(records) and "of-nobody-at-all" not in str(records)


def test_old_links_are_deleted_when_one_is_made(alice_user: User) -> None:
    code_for(alice_user)
    SignInLink.objects.update(expires_at=timezone.now() - timedelta(days=2))
    code_for(alice_user)
    assert SignInLink.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_tabs_one_gets_in(alice_user: User) -> None:
    code, both, outcomes = code_for(alice_user), threading.Barrier(2), []

    def open_tab() -> None:
        both.wait()
        try:
            use_link(code)
            outcomes.append("in")
        except LinkRefused as refusal:
            outcomes.append(refusal.reason)
        finally:
            connections.close_all()

    tabs = [threading.Thread(target=open_tab) for _ in range(2)]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join()
    assert sorted(outcomes) == ["in", "link_used"]
