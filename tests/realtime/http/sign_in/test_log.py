"""Each refused sign-in is one line with reason and address, and without anything that was typed."""

import logging

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from tests.realtime.http.sign_in.conftest import ADMIN, PASSWORD, Post

pytestmark = pytest.mark.django_db
SECRET = "the-password-that-was-typed"


def lines(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.getMessage() == "Sign-in refused"]


@pytest.mark.parametrize("path", ["/api/token/", ADMIN])
def test_it_works(sign_in: Post, alice_user: User, caplog: pytest.LogCaptureFixture, path: str) -> None:
    sign_in(SECRET, path)
    (line,) = lines(caplog)
    said = vars(line)
    assert (said["reason"], said["user"], said["address"]) == ("wrong_password", "alice", "127.0.0.1")
    assert said["path"] == path
    assert not [record for record in caplog.records if SECRET in str(vars(record))]


@pytest.mark.parametrize("path", ["/api/token/", ADMIN])
def test_a_password_typed_as_a_name_is_not_logged(
    sign_in: Post, alice_user: User, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    sign_in("x", path, username=SECRET)
    (line,) = lines(caplog)
    assert vars(line)["reason"] == "unknown_user" and "user" not in vars(line)
    assert not [record for record in caplog.records if SECRET in str(vars(record))]


@pytest.mark.parametrize("path", ["/api/token/", ADMIN])
def test_an_inactive_account(sign_in: Post, alice_user: User, caplog: pytest.LogCaptureFixture, path: str) -> None:
    User.objects.update(is_active=False)
    sign_in(path=path)
    assert [vars(line)["reason"] for line in lines(caplog)] == ["inactive_user"]


def test_the_admin_is_for_staff(sign_in: Post, alice_user: User, caplog: pytest.LogCaptureFixture) -> None:
    User.objects.update(is_staff=False)
    assert sign_in(path=ADMIN).status_code == 200
    assert [vars(line)["reason"] for line in lines(caplog)] == ["not_staff"]


def test_the_limit(sign_in: Post, caplog: pytest.LogCaptureFixture, settings: Settings) -> None:
    settings.STREAMER_TOKEN_RATE = "1/min"
    for path in ("/api/token/", "/api/token/", ADMIN):
        sign_in(SECRET, path)
    assert [vars(line)["reason"] for line in lines(caplog)] == ["unknown_user", "rate_limited", "rate_limited"]
    assert not [record for record in caplog.records if SECRET in str(vars(record))]


def test_tokens(sign_in: Post, refresh: Post, alice_user: User, caplog: pytest.LogCaptureFixture) -> None:
    tokens = sign_in().json()
    refresh({"refresh": "none"})
    alice_user.set_password("x")
    alice_user.save()
    refresh(tokens)
    User.objects.update(is_active=False)
    refresh(tokens)
    alice_user.delete()
    refresh(tokens)
    reasons = [vars(line)["reason"] for line in lines(caplog)]
    assert reasons == ["token_invalid", "password_changed", "inactive_user", "unknown_user"]
    assert not [record for record in caplog.records if tokens["refresh"] in str(vars(record))]


def test_a_success_is_no_refusal(sign_in: Post, alice_user: User, caplog: pytest.LogCaptureFixture) -> None:
    assert sign_in(PASSWORD, ADMIN).status_code == 302 and sign_in().status_code == 200
    assert lines(caplog) == []
