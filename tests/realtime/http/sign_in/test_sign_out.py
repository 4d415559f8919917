"""The sign-out: nothing that came of that sign-in is taken any more, and what came of another one is."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from rest_framework_simplejwt.tokens import RefreshToken

from realtime.connections.sweep_rules import delete_old_revocations
from realtime.models import Revocation
from realtime.revocations.table import TABLE
from tests.realtime.http.sign_in.conftest import PASSWORD, Post
from tests.realtime.sockets import Socket, aside, end_all_tasks

pytestmark = pytest.mark.django_db
SignOut = Callable[[str], Any]


@pytest.fixture(autouse=True)
def nothing_known() -> None:
    TABLE.forget()


@pytest.fixture
def sign_out(client: Client) -> SignOut:
    return lambda token: client.post("/api/token/logout/", {"refresh": token}, content_type="application/json")


def may_ask(client: Client, access: str) -> bool:
    TABLE.refresh()
    return client.get("/api/actions/", headers={"Authorization": f"Bearer {access}"}).status_code == 200


def test_it_works(sign_in: Post, refresh: Post, sign_out: SignOut, client: Client, alice_user: User) -> None:
    tokens, elsewhere = sign_in().json(), sign_in().json()
    later = refresh(tokens).json()
    assert may_ask(client, tokens["access"])
    answer = sign_out(later["refresh"])
    assert (answer.status_code, answer.content, answer["Cache-Control"]) == (204, b"", "no-store")
    assert [may_ask(client, one["access"]) for one in (tokens, later, elsewhere)] == [False, False, True]
    assert [refresh(one).status_code for one in (tokens, later, elsewhere)] == [401, 401, 200]
    assert may_ask(client, sign_in().json()["access"])


def test_a_used_refresh_token_signs_out_too(
    sign_in: Post, refresh: Post, sign_out: SignOut, client: Client, alice_user: User
) -> None:
    tokens = sign_in().json()
    later = refresh(tokens).json()
    assert sign_out(tokens["refresh"]).status_code == 204
    assert not may_ask(client, later["access"]) and refresh(later).status_code == 401


def test_to_sign_out_again_is_no_error_and_writes_nothing(sign_in: Post, sign_out: SignOut, alice_user: User) -> None:
    tokens = sign_in().json()
    sign_out(tokens["refresh"])
    TABLE.refresh()
    (before,) = Revocation.objects.all()
    assert sign_out(tokens["refresh"]).status_code == 204
    (after,) = Revocation.objects.all()
    assert before.changed_at == after.changed_at


@pytest.mark.parametrize(("body", "status"), [({}, 400), ({"refresh": "no.token.at.all"}, 401), ({"refresh": ""}, 400)])
def test_what_is_no_token_is_an_error(body: dict[str, str], status: int, client: Client) -> None:
    answer = client.post("/api/token/logout/", body, content_type="application/json")
    assert answer.status_code == status and answer.json()["error"]["code"] in {"VALIDATION_ERROR", "UNAUTHORIZED"}


def test_an_access_token_and_a_foreign_refresh_token_end_nothing(
    sign_in: Post, sign_out: SignOut, client: Client, alice_user: User
) -> None:
    tokens = sign_in().json()
    assert sign_out(tokens["access"]).status_code == 401
    assert sign_out(str(RefreshToken.for_user(alice_user))).status_code == 401
    assert may_ask(client, tokens["access"]) and not Revocation.objects.exists()


def test_its_row_goes_once_all_access_tokens_have_expired(
    sign_in: Post, refresh: Post, sign_out: SignOut, alice_user: User
) -> None:
    tokens = sign_in().json()
    sign_out(tokens["refresh"])
    now = timezone.now()
    assert delete_old_revocations(now + timedelta(hours=1)) == 0
    assert delete_old_revocations(now + timedelta(hours=3)) == 1
    assert refresh(tokens).status_code == 401


@pytest.mark.django_db(transaction=True)
async def test_open_sockets_of_the_sign_in_are_closed_and_no_others(client: Client) -> None:
    await aside(User.objects.create_user, "alice", password=PASSWORD)

    def post(path: str, body: dict[str, str]) -> Any:
        return client.post(path, body, content_type="application/json")

    account = {"username": "alice", "password": PASSWORD}
    mine, elsewhere = [(await aside(post, "/api/token/", account)).json() for _ in range(2)]
    sockets = [
        await Socket(headers=[(b"authorization", f"Bearer {one['access']}".encode())]).open()
        for one in (mine, elsewhere)
    ]
    for socket in sockets:
        await socket.hear("welcome")
    await aside(post, "/api/token/logout/", {"refresh": mine["refresh"]})
    assert (await sockets[0].hear_goodbye())["code"] == 4501
    assert (await sockets[1].ask(type="ping"))["type"] == "pong"
    for socket in sockets:
        await socket.leave()
    await end_all_tasks()
