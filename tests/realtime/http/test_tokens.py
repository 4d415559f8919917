from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings
from rest_framework_simplejwt.tokens import RefreshToken

from realtime.auth import verify
from realtime.http.tokens import issue_token
from realtime.models import Membership

pytestmark = pytest.mark.django_db
PASSWORD = "a long word of nobody"


@pytest.fixture
def alice_user() -> User:
    """Create Alice's account at Acme, where she may make reports."""
    user = User.objects.create_user("alice", password=PASSWORD)
    Membership.objects.create(user=user, tenant_id="acme", permissions=["reports.generate"])
    return user


def post(client: Client, path: str, headers: dict[str, str] | None = None, **fields: Any) -> Any:
    return client.post(path, fields, content_type="application/json", headers=headers)


def sign_in(client: Client, password: str = PASSWORD) -> Any:
    return post(client, "/api/token/", username="alice", password=password)


def refresh(client: Client, tokens: Any) -> Any:
    return post(client, "/api/token/refresh/", refresh=tokens["refresh"])


def test_it_works(client: Client, alice_user: User) -> None:
    response = sign_in(client)
    assert response.status_code == 200
    identity = verify(response.json()["access"])
    assert (identity.user_id, identity.tenant_id) == ("alice", "acme")
    assert identity.permissions == {"reports.generate"}


def test_a_user_without_a_membership_is_alone_and_may_nothing_special(client: Client) -> None:
    User.objects.create_user("alice", password=PASSWORD)
    identity = verify(sign_in(client).json()["access"])
    assert (identity.tenant_id, identity.permissions) == ("user:alice", frozenset())


def test_a_wrong_password_is_refused(client: Client, alice_user: User) -> None:
    wrong, unknown = sign_in(client, "wrong"), post(client, "/api/token/", username="nobody", password="wrong")
    assert wrong.status_code == unknown.status_code == 401 and wrong.json() == unknown.json()


def test_who_is_no_longer_active_is_refused(client: Client, alice_user: User) -> None:
    tokens = sign_in(client).json()
    User.objects.update(is_active=False)
    assert sign_in(client).status_code == 401 and refresh(client, tokens).status_code == 401


# --- refresh ---------------------------------------------------------------------------------------------------------


def test_a_refresh_gives_what_the_membership_says_today(client: Client, alice_user: User) -> None:
    tokens = sign_in(client).json()
    Membership.objects.update(tenant_id="globex", permissions=["*"])
    response = refresh(client, tokens)
    assert response.status_code == 200
    identity = verify(response.json()["access"])
    assert (identity.user_id, identity.tenant_id, identity.permissions) == ("alice", "globex", frozenset({"*"}))


def test_a_membership_that_was_taken_away_gives_nothing_any_more(client: Client, alice_user: User) -> None:
    tokens = sign_in(client).json()
    Membership.objects.all().delete()
    identity = verify(refresh(client, tokens).json()["access"])
    assert (identity.tenant_id, identity.permissions) == ("user:alice", frozenset())


def test_a_user_who_is_gone_is_refused(client: Client, alice_user: User) -> None:
    tokens = sign_in(client).json()
    alice_user.delete()
    assert refresh(client, tokens).status_code == 401


@pytest.mark.parametrize("user", [None, "a\x00", "\ud800", "nobody", 7])
def test_a_refresh_token_of_nobody_is_refused(client: Client, user: Any) -> None:
    token = RefreshToken()
    if user is not None:
        token["sub"] = user
    refused = refresh(client, {"refresh": str(token)})
    assert refused.status_code == 401 and refused.json()["error"]["code"] == "UNAUTHORIZED"


def test_only_a_refresh_token_refreshes(client: Client, alice_user: User) -> None:
    tokens = sign_in(client).json()
    assert refresh(client, {"refresh": tokens["access"]}).status_code == 401
    assert refresh(client, {"refresh": "nonsense"}).status_code == 401
    assert post(client, "/api/token/refresh/").status_code == 400


# --- too many attempts -----------------------------------------------------------------------------------------------


def attempts(client: Client, number: int, headers: dict[str, str] | None = None) -> list[int]:
    return [
        post(client, "/api/token/", headers=headers, username="alice", password="x").status_code for _ in range(number)
    ]


def test_too_many_attempts_are_refused(client: Client) -> None:
    assert attempts(client, 32) == [401] * 30 + [429] * 2
    refused = sign_in(client, "x")
    assert "Retry-After" in refused
    assert refused.json()["error"]["code"] == "RATE_LIMITED" and 0 < refused.json()["error"]["retry_after"] <= 60


# --- by command ------------------------------------------------------------------------------------------------------


def test_a_token_can_be_issued_for_anybody() -> None:
    token = issue_token(user_id="bob", tenant_id="acme", permissions=["a"], ttl=timedelta(minutes=5))
    identity = verify(token)
    assert (identity.user_id, identity.tenant_id, identity.permissions) == ("bob", "acme", frozenset({"a"}))


def test_the_command_prints_a_token_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("streamer_token", "--user", "bob", "--tenant", "acme", "--permissions", "a, b,", "--ttl", "60")
    identity = verify(capsys.readouterr().out.strip())
    assert (identity.user_id, identity.permissions) == ("bob", frozenset({"a", "b"}))


@pytest.mark.parametrize(
    "arguments",
    [
        ("--user", "", "--tenant", "acme"),
        ("--user", "u" * 151, "--tenant", "acme"),
        ("--user", "bob", "--tenant", "a\x00"),
        ("--user", "bob", "--tenant", "acme", "--ttl", "0"),
        ("--user", "bob", "--tenant", "acme", "--ttl", "-5"),
        ("--user", "bob", "--tenant", "acme", "--ttl", "99999999999999"),
    ],
)
def test_the_command_issues_none_that_would_be_refused(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CommandError):
        call_command("streamer_token", *arguments)
    assert capsys.readouterr().out == ""


def lifetime_of(token: str) -> int:
    claims = jwt.decode(token, options={"verify_signature": False})
    return round(claims["exp"] - int(claims["iat"]))


def test_the_command_issues_none_for_years_unless_that_is_meant(
    capsys: pytest.CaptureFixture[str], settings: Settings
) -> None:
    arguments = ("streamer_token", "--user", "bob", "--tenant", "acme", "--ttl")
    month, year = 30 * 86_400, 365 * 86_400
    with pytest.raises(CommandError, match="more than 30 days; if you mean it, add --long-lived"):
        call_command(*arguments, str(month + 1))
    assert capsys.readouterr().out == ""
    call_command(*arguments, str(month))
    assert lifetime_of(capsys.readouterr().out.strip()) == month
    call_command(*arguments, str(year), "--long-lived")
    assert lifetime_of(capsys.readouterr().out.strip()) == year
    with pytest.raises(CommandError, match="ten years"):
        call_command(*arguments, str(11 * year), "--long-lived")
    settings.STREAMER_TOKEN_MAX_DAYS = 1
    with pytest.raises(CommandError, match="more than 1 day"):
        call_command(*arguments, str(month))


def test_without_a_key_of_ours_the_command_says_why_not(settings: Settings) -> None:
    settings.JWT_SIGNING_KEY = ""
    with pytest.raises(CommandError, match="JWT_SIGNING_KEY"):
        call_command("streamer_token", "--user", "bob", "--tenant", "acme")
