"""Django's sessions as identities: of pages of this site alone, and no longer than the user is signed in."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import AsyncClient
from pytest_django import Settings

from realtime.connections.validity import session_watch
from realtime.connections.validity.session_watch import SessionWatch
from realtime.revocations.table import TABLE
from realtime.revocations.writing import revoke_tokens
from realtime.shared import registry
from tests.jobs.building import make_submission, store
from tests.realtime.http.streams.client import StreamClient
from tests.realtime.sockets import Socket, aside, end_all_tasks, until

pytestmark = pytest.mark.django_db(transaction=True)
OWN = "http://localhost"
REVOKED = 4501
NOBODYS = "/api/requests/00000000-0000-4000-8000-000000000000/"


def identity(user: Any) -> Mapping[str, Any] | None:
    """Know accounts by another name than that with which they sign in."""
    if user.username == "stranger":
        return None
    if user.username == "broken":
        raise ZeroDivisionError
    return {"user_id": f"user-{user.username}", "tenant_id": "acme", "permissions": ["tenant.read"]}


@pytest.fixture(autouse=True)
async def sessions_are_on(settings: Settings) -> AsyncIterator[None]:
    settings.STREAMER_SESSION_IDENTITY = "tests.realtime.test_sessions.identity"
    yield
    await end_all_tasks()


class Browser:
    """A browser in which somebody has signed in."""

    def __init__(self, username: str, *, checks_csrf: bool = True) -> None:
        self.client = AsyncClient(enforce_csrf_checks=checks_csrf)
        self._username = username

    async def sign_in(self) -> "Browser":
        await aside(self._sign_in)
        return self

    def _sign_in(self) -> None:
        model = get_user_model()
        user = model.objects.filter(username=self._username).first()
        self.client.force_login(user or model.objects.create_user(self._username, password="x"))

    async def sign_out(self) -> None:
        await aside(self.client.logout)

    @property
    def cookie(self) -> str:
        return f"sessionid={self.client.cookies['sessionid'].value}"

    async def reason(self, **headers: str) -> str | None:
        """Return why the API refuses a request; None when it answers."""
        answer = await self.client.get(NOBODYS, headers=headers)
        assert answer.status_code in (401, 404, 503), answer.content
        if answer.status_code == 503:
            return "unavailable"
        return answer.json()["error"]["details"]["reason"] if answer.status_code == 401 else None

    async def open_socket(self, origin: str | None = OWN) -> Socket:
        headers = [(b"cookie", self.cookie.encode())]
        if origin is not None:
            headers.append((b"origin", origin.encode()))
        return await Socket(headers=headers, host=b"localhost").open()


async def socket_reason(socket: Socket) -> str:
    error = await socket.hear("error")
    assert (await socket.hear_goodbye())["code"] == 4500
    return str(error["error"]["details"]["reason"])


async def test_it_works() -> None:
    browser = await Browser("alice").sign_in()
    socket = await browser.open_socket()
    welcome = await socket.hear("welcome")
    assert (welcome["user_id"], welcome["tenant_id"]) == ("user-alice", "acme")
    request_id = await aside(store, make_submission(user="user-alice"))
    answer = await browser.client.get(f"/api/requests/{request_id}/")
    assert answer.json()["request_id"] == str(request_id) and "Set-Cookie" not in answer
    await socket.leave()


async def test_it_is_off_by_default(settings: Settings) -> None:
    settings.STREAMER_SESSION_IDENTITY = ""
    browser = await Browser("alice").sign_in()
    assert await browser.reason() == "token_missing"
    assert await socket_reason(await browser.open_socket()) == "token_missing"


# --- pages of other sites --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:9999"},
        {"Origin": "http://["},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_a_foreign_page_is_nobody(headers: dict[str, str], settings: Settings) -> None:
    settings.ALLOWED_HOSTS, settings.STREAMER_ALLOWED_ORIGINS = ["*"], ["*"]
    browser = await Browser("alice").sign_in()
    assert await browser.reason(**headers) == "foreign_origin"


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost:9999", "null", None])
async def test_a_foreign_page_opens_no_socket_with_the_cookie(origin: str | None, settings: Settings) -> None:
    settings.ALLOWED_HOSTS, settings.STREAMER_ALLOWED_ORIGINS = ["*"], ["*"]
    browser = await Browser("alice").sign_in()
    assert await socket_reason(await browser.open_socket(origin)) == "foreign_origin"


async def test_pages_of_this_site_and_of_those_that_are_named_are_known(settings: Settings) -> None:
    settings.STREAMER_ALLOWED_ORIGINS = ["https://app.example"]
    browser = await Browser("alice").sign_in()
    for origin in (OWN, "https://app.example"):
        assert await browser.reason(Origin=origin.replace("localhost", "testserver")) is None
        socket = await browser.open_socket(origin)
        await socket.hear("welcome")
        await socket.leave()
    for site in ("same-origin", "none"):
        assert await browser.reason(**{"Sec-Fetch-Site": site}) is None


async def test_where_cookies_want_https_so_do_origins(settings: Settings) -> None:
    settings.SESSION_COOKIE_SECURE = True
    browser = await Browser("alice").sign_in()
    assert await browser.reason(Origin="http://testserver") == "foreign_origin"
    assert await browser.reason(Origin="https://testserver") is None


async def test_what_changes_something_needs_the_token_against_forgery() -> None:
    browser = await Browser("alice").sign_in()
    request_id = await aside(store, make_submission(user="user-alice"))
    path = f"/api/requests/{request_id}/token/"
    refused = await browser.client.post(path, "", content_type="application/json")
    assert refused.status_code == 403 and refused.json()["error"]["code"] == "FORBIDDEN"
    secret = "x" * 32
    browser.client.cookies["csrftoken"] = secret
    forged = await browser.client.post(path, "", content_type="application/json", headers={"X-CSRFToken": "y" * 32})
    assert forged.status_code == 403
    good = await browser.client.post(path, "{}", content_type="application/json", headers={"X-CSRFToken": secret})
    assert good.status_code == 200 and good.json()["token"].startswith("rt_")


async def test_a_token_goes_before_a_session(make_token: Callable[..., str]) -> None:
    browser = await Browser("alice").sign_in()
    request_id = await aside(store, make_submission())
    headers = {"Authorization": f"Bearer {make_token()}"}
    assert (await browser.client.get(f"/api/requests/{request_id}/", headers=headers)).status_code == 200
    path = f"/api/requests/{request_id}/token/"
    assert (await browser.client.post(path, "", content_type="application/json", headers=headers)).status_code == 200


# --- its ends --------------------------------------------------------------------------------------------------------


async def end_of(browser: Browser, change: Callable[[], Any]) -> None:
    """Expect a socket and a stream to end once ``change`` has been made, after a look or two at their session."""
    looks, look = list[int](), SessionWatch.look

    async def counted(watch: SessionWatch) -> None:
        looks.append(1)
        await look(watch)

    socket = await browser.open_socket()
    await socket.hear("welcome")
    request_id = await aside(store, make_submission(user="user-alice"))
    stream = await StreamClient(f"/api/requests/{request_id}/events/", {"Cookie": browser.cookie}).open()
    assert stream.status == 200
    await until(lambda: registry().streams.open, "the stream is open")
    await aside(change)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SessionWatch, "look", counted)
        assert (await socket.hear_goodbye())["code"] == REVOKED
        assert (await stream.read_all())[-1].message["code"] == REVOKED
    assert session_watch.POLL_SECONDS <= 1.0 and len(looks) <= 3
    assert await browser.reason() in ("session_ended", "token_revoked")
    await stream.hang_up()


async def test_it_ends_with_the_session() -> None:
    browser = await Browser("alice").sign_in()
    cookie = browser.cookie
    await end_of(browser, lambda: browser.client.session.delete())
    assert browser.cookie == cookie


def change_password() -> None:
    user = get_user_model().objects.get(username="alice")
    user.set_password("another")
    user.save()


def deactivate() -> None:
    user = get_user_model().objects.get(username="alice")
    user.is_active = False
    user.save()


def delete() -> None:
    get_user_model().objects.get(username="alice").delete()


@pytest.mark.parametrize("change", [change_password, deactivate, delete])
async def test_it_ends_with_the_account_as_it_was(change: Callable[[], None]) -> None:
    await end_of(await Browser("alice").sign_in(), change)


async def test_it_ends_with_the_access_until_the_user_signs_in_again() -> None:
    browser = await Browser("alice").sign_in()
    await end_of(browser, lambda: revoke_tokens(tenant_id="acme", user_id="user-alice"))
    await aside(TABLE.refresh)
    assert await (await browser.sign_in()).reason() is None


async def test_others_stay(settings: Settings) -> None:
    alice, bob = [await Browser(name).sign_in() for name in ("alice", "bob")]
    socket = await bob.open_socket()
    await socket.hear("welcome")
    await end_of(alice, change_password)
    assert (await socket.ask(type="ping"))["type"] == "pong"
    await socket.leave()


@pytest.mark.parametrize(("username", "reason"), [("stranger", "no_identity"), ("broken", "unavailable")])
async def test_an_account_without_an_identity_is_refused(username: str, reason: str) -> None:
    assert await (await Browser(username).sign_in()).reason() == reason


@pytest.mark.parametrize("key", ["", "x", "a" * 32, "\u00fc", "0" * 5000])
async def test_a_session_that_is_none_is_refused(key: str) -> None:
    browser = Browser("alice")
    browser.client.cookies["sessionid"] = key
    assert await browser.reason() in ("session_ended", "token_missing")
