"""Refresh tokens: each can be used once, and none after a change of the password."""

from datetime import timedelta

import jwt
import pytest
from django.conf import settings as project_settings
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import Settings
from rest_framework_simplejwt.tokens import RefreshToken

from realtime.auth import verify
from realtime.connections.sweep_rules import delete_spent_tokens
from realtime.http.sign_in.rotation import LEEWAY
from realtime.models import SpentRefreshToken
from tests.realtime.http.sign_in.conftest import PASSWORD, Post

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def many_attempts(settings: Settings) -> None:
    settings.STREAMER_TOKEN_RATE = "1000/min"


def expiry(token: str) -> int:
    return int(jwt.decode(token, options={"verify_signature": False})["exp"])


def later() -> None:
    """Let more than the leeway pass."""
    SpentRefreshToken.objects.update(spent_at=timezone.now() - LEEWAY - timedelta(seconds=1))


def test_it_works(sign_in: Post, refresh: Post, alice_user: User) -> None:
    first = sign_in().json()
    second = refresh(first).json()
    assert verify(second["access"]).user_id == "alice"
    assert second["refresh"] != first["refresh"]
    third = refresh(second)
    assert third.status_code == 200 and verify(third.json()["access"]).user_id == "alice"


def test_the_new_one_ends_when_the_first_would(sign_in: Post, refresh: Post, alice_user: User) -> None:
    first = sign_in().json()
    assert expiry(refresh(first).json()["refresh"]) == expiry(first["refresh"])


def test_a_used_one_works_a_moment_longer_for_whom_the_answer_was_lost(
    sign_in: Post, refresh: Post, alice_user: User
) -> None:
    first = sign_in().json()
    assert [refresh(first).status_code for _ in range(3)] == [200] * 3


def test_a_used_one_ends_all_that_came_of_the_same_sign_in(
    sign_in: Post, refresh: Post, alice_user: User, caplog: pytest.LogCaptureFixture
) -> None:
    first, elsewhere = sign_in().json(), sign_in().json()
    second = refresh(first).json()
    later()
    again = refresh(first)
    assert again.status_code == 401 and again.json()["error"]["code"] == "UNAUTHORIZED"
    assert refresh(second).status_code == 401
    assert refresh(elsewhere).status_code == 200
    assert [vars(record)["reason"] for record in caplog.records if "Sign-in" in record.getMessage()] == [
        "token_reused"
    ] * 2


def test_a_change_of_the_password_ends_them_all(sign_in: Post, refresh: Post, alice_user: User) -> None:
    tokens, others = sign_in().json(), sign_in().json()
    alice_user.set_password("another long word")
    alice_user.save()
    assert refresh(tokens).status_code == refresh(others).status_code == 401
    assert refresh(sign_in("another long word").json()).status_code == 200


def test_a_better_hash_of_the_same_password_ends_none_of_a_later_sign_in(
    sign_in: Post, refresh: Post, alice_user: User
) -> None:
    """Django hashes a password anew at a sign-in, once its hasher has become stronger."""
    sign_in()
    assert refresh(sign_in().json()).status_code == 200


def test_a_new_secret_key_ends_none_while_the_old_one_is_known(
    sign_in: Post, refresh: Post, alice_user: User, settings: Settings
) -> None:
    tokens = sign_in().json()
    old, settings.SECRET_KEY = settings.SECRET_KEY, "n" * 50
    assert refresh(tokens).status_code == 401
    settings.SECRET_KEY_FALLBACKS = [old]
    assert refresh(tokens).status_code == 200


def test_an_access_token_has_nothing_of_it(sign_in: Post, refresh: Post, alice_user: User) -> None:
    tokens = sign_in().json()
    for access in (tokens["access"], refresh(tokens).json()["access"]):
        claims = jwt.decode(access, options={"verify_signature": False})
        assert not {"family", "password_state"} & set(claims)


def test_one_that_does_not_know_the_password_is_refused(refresh: Post, alice_user: User) -> None:
    """Refuse a token from before a token named the state of the password."""
    token = RefreshToken.for_user(alice_user)
    assert refresh({"refresh": str(token)}).status_code == 401


@pytest.mark.parametrize("path", ["/api/token/", "/api/token/refresh/"])
def test_no_cache_keeps_an_answer(path: str, sign_in: Post, refresh: Post, alice_user: User) -> None:
    good = sign_in()
    answers = [good, refresh(good.json()), sign_in("wrong"), refresh({"refresh": "x"}), sign_in("x", path)]
    assert {answer["Cache-Control"] for answer in answers} == {"no-store"}


def test_what_has_expired_is_swept(sign_in: Post, refresh: Post, alice_user: User) -> None:
    refresh(sign_in().json())
    now = timezone.now()
    assert delete_spent_tokens(now) == 0
    lifetime = project_settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"]
    assert delete_spent_tokens(now + lifetime + timedelta(minutes=1)) == 1
    assert PASSWORD and not SpentRefreshToken.objects.exists()
