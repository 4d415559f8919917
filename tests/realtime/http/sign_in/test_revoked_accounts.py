"""A changed password, or an account that is no more, voids the tokens of before, and no others."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Permission, User
from django.test import Client
from pytest_django import Settings

from realtime.auth import Unauthorized, precise_now, verify
from realtime.models import Revocation
from realtime.revocations.table import TABLE
from realtime.revocations.writing import revoke_tokens
from tests.conftest import MakeToken
from tests.realtime.http.sign_in.conftest import PASSWORD, Post

pytestmark = pytest.mark.django_db
OTHER = "quite another word"


@pytest.fixture(autouse=True)
def many_attempts(settings: Settings) -> None:
    settings.STREAMER_TOKEN_RATE = "1000/min"


def is_taken(token: str) -> bool:
    TABLE.refresh()
    try:
        TABLE.judge(verify(token))
    except Unauthorized as error:
        assert error.reason == "token_revoked"
        return False
    return True


def with_set_password(user: User) -> None:
    user.set_password(OTHER)
    user.save()


def with_update_fields(user: User) -> None:
    user.set_password(OTHER)
    user.save(update_fields=["password"])


def with_a_ready_hash(user: User) -> None:
    user.password = make_password(OTHER)
    user.save(update_fields=["password"])


def without_a_password(user: User) -> None:
    user.set_unusable_password()
    user.save()


def deactivated(user: User) -> None:
    user.is_active = False
    user.save()


def renamed(user: User) -> None:
    user.username = "alicia"
    user.save(update_fields=["username"])


def deleted(user: User) -> None:
    user.delete()


@pytest.mark.parametrize(
    "change",
    [with_set_password, with_update_fields, with_a_ready_hash, without_a_password, deactivated, renamed, deleted],
)
def test_the_tokens_of_before_are_void(
    alice_user: User, make_token: MakeToken, sign_in: Post, refresh: Post, change: Callable[[User], None]
) -> None:
    signed_in = sign_in().json()
    tokens = [signed_in["access"], make_token("alice"), make_token("alice", "other")]
    assert all(map(is_taken, tokens)) and is_taken(make_token("bob"))
    change(User.objects.get(username="alice"))
    assert not any(map(is_taken, tokens)) and is_taken(make_token("bob"))
    assert refresh(signed_in).status_code == 401


def test_a_new_sign_in_works_in_the_same_second(alice_user: User, sign_in: Post, refresh: Post) -> None:
    for number in range(3):
        old = sign_in(f"{PASSWORD}{number - 1}" if number else PASSWORD).json()
        alice_user.set_password(f"{PASSWORD}{number}")
        alice_user.save()
        new = sign_in(f"{PASSWORD}{number}").json()
        assert not is_taken(old["access"]) and is_taken(new["access"])
        assert is_taken(refresh(new).json()["access"])


@pytest.mark.parametrize("fields", [{"email": "a@example.org"}, {"last_name": "Liddell"}, {"is_staff": False}])
def test_other_changes_void_nothing(alice_user: User, fields: dict[str, Any], make_token: MakeToken) -> None:
    token = make_token("alice")
    for name, value in fields.items():
        setattr(alice_user, name, value)
    alice_user.save()
    alice_user.save(update_fields=list(fields))
    assert is_taken(token) and not Revocation.objects.exists()


def test_a_sign_in_that_only_stores_the_password_anew_voids_nothing(
    alice_user: User, make_token: MakeToken, sign_in: Post, settings: Settings
) -> None:
    token = make_token("alice")
    before = User.objects.get().password
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2SHA1PasswordHasher", *settings.PASSWORD_HASHERS]
    assert sign_in().status_code == 200 and User.objects.get().password != before
    assert is_taken(token)


def test_the_admin_deactivates_and_changes_passwords(
    alice_user: User, client: Client, make_token: MakeToken, django_user_model: Any
) -> None:
    operator = django_user_model.objects.create_superuser("operator", password="x")
    client.force_login(operator)
    tokens = make_token("alice")
    client.post(f"/admin/auth/user/{alice_user.pk}/password/", {"password1": OTHER, "password2": OTHER})
    assert not is_taken(tokens) and Revocation.objects.get().reason == "password changed"
    later = make_token("alice")
    assert is_taken(later)
    form = {"username": "alice", "date_joined_0": "2026-01-01", "date_joined_1": "00:00", "is_staff": "on"}
    inline = {"membership-TOTAL_FORMS": "0", "membership-INITIAL_FORMS": "0"}
    answer = client.post(f"/admin/auth/user/{alice_user.pk}/change/", {**form, **inline})
    assert answer.status_code == 302 and not User.objects.get(username="alice").is_active
    assert not is_taken(later)


def test_a_refresh_token_is_revoked_like_any_other(
    alice_user: User, sign_in: Post, refresh: Post, caplog: pytest.LogCaptureFixture
) -> None:
    signed_in = sign_in().json()
    TABLE.refresh()
    revoke_tokens(user_id="alice")
    answer = refresh(signed_in)  # though this process knows nothing of it
    assert answer.status_code == 401 and "revoked" in answer.json()["error"]["message"]
    (line,) = (record for record in caplog.records if getattr(record, "reason", "") == "token_revoked")
    assert line.user == "alice"  # type: ignore[attr-defined]
    assert refresh(sign_in().json()).status_code == 200


def test_a_password_that_changes_while_it_is_checked_gives_no_lasting_token(
    alice_user: User, sign_in: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = User.check_password

    def slowly(user: User, raw: str) -> bool:
        is_right = check(user, raw)
        revoke_tokens(user_id="alice")
        return is_right

    monkeypatch.setattr(User, "check_password", slowly)
    assert not is_taken(sign_in().json()["access"])


# --- the page in the admin -------------------------------------------------------------------------------------------

PAGE = "/admin/realtime/revocation/"


@pytest.fixture
def operator(client: Client, django_user_model: Any) -> Client:
    user = django_user_model.objects.create_user("operator", password="x", is_staff=True)
    names = ("add_revocation", "view_revocation", "delete_revocation", "view_connection", "change_connection")
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(user)
    return client


def test_an_operator_revokes_in_the_admin_and_again(operator: Client, make_token: MakeToken) -> None:
    for _ in range(2):
        token = make_token("alice")
        answer = operator.post(f"{PAGE}add/", {"tenant_id": "", "user_id": "alice", "token_id": ""})
        assert answer.status_code == 302, answer.context["errors"]
        assert not is_taken(token)
    row = Revocation.objects.get()
    assert row.reason == "admin: operator" and b"alice at every tenant" in operator.get(PAGE).content
    assert operator.get(f"{PAGE}{row.pk}/delete/").status_code == 200
    assert operator.post(f"{PAGE}{row.pk}/change/", {"user_id": "bob"}).status_code == 403


@pytest.mark.parametrize("form", [{}, {"user_id": "alice", "token_id": "one"}])
def test_a_revocation_of_nobody_or_of_two_kinds_is_refused(operator: Client, form: dict[str, str]) -> None:
    assert b"Name a user, a tenant or both" in operator.post(f"{PAGE}add/", form).content
    assert not Revocation.objects.exists()


def test_verify_reads_the_moment_of_the_issue(make_token: MakeToken) -> None:
    before = precise_now()
    assert before <= verify(make_token()).issued_at <= precise_now()
