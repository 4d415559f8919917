"""Guessing passwords: each address has few attempts, whichever page or process it asks, and each leaves a line."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from tests.hostile.logs import LogReader
from tests.live import LiveStack
from tests.local.waiting import eventually

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
ALLOWED = 30
GUESS = "not-the-password-of-anybody"
_NEW_USER = (
    "from django.contrib.auth import get_user_model; "
    "get_user_model().objects.create_user('{name}', password='the first password')"
)
_NEW_PASSWORD = (
    "from django.contrib.auth import get_user_model; user = get_user_model().objects.get(username='{name}'); "
    "user.set_password('the second password'); user.save()"
)


@asynccontextmanager
async def visitor(live: LiveStack, address: str, *, server: int = 0) -> AsyncIterator[httpx.AsyncClient]:
    """Connect from an address of this machine, so that no test uses up another's attempts."""
    transport = httpx.AsyncHTTPTransport(local_address=address)
    async with httpx.AsyncClient(base_url=live.http_urls[server], transport=transport, timeout=30) as http:
        yield http


async def guess_in_admin(http: httpx.AsyncClient, password: str = GUESS) -> str:
    """Fill in the form as a browser does, and return the page that comes back."""
    page = await http.get("/admin/login/")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert token is not None
    fields = {"username": "admin", "password": password, "csrfmiddlewaretoken": token[1]}
    return (await http.post("/admin/login/", data=fields)).text


async def refusals(logs: LogReader, count: int) -> list[str]:
    """Return the lines of refused sign-ins, once there are ``count``: they reach the file a moment after the answer."""

    def lines() -> list[str]:
        return [line for line in logs.text("web-*").splitlines() if "Sign-in refused" in line]

    await asyncio.to_thread(eventually, lambda: len(lines()) >= count, f"{count} refusals are logged")
    return lines()


async def test_two_pages_of_two_processes_allow_no_more_than_one(attacked_stack: LiveStack) -> None:
    logs = LogReader(attacked_stack.log_dir)
    password = attacked_stack.password
    address = "127.0.0.21"
    guessed = 0
    for server in (0, 1):
        async with visitor(attacked_stack, address, server=server) as http:
            for _ in range(10):
                answer = await http.post("/api/token/", json={"username": "admin", "password": GUESS})
                guessed += answer.status_code == 401
            for _ in range(10):
                guessed += "enter the correct username" in await guess_in_admin(http)
    assert guessed == ALLOWED
    async with visitor(attacked_stack, address, server=1) as http:
        assert "Too many attempts" in await guess_in_admin(http, password)
        refused = await http.post("/api/token/", json={"username": "admin", "password": password})
    assert refused.status_code == 429 and 0 < int(refused.headers["Retry-After"]) <= 3600
    lines = await refusals(logs, 42)
    assert len(lines) == 42 and all(address in line for line in lines)
    assert sum("wrong_password" in line for line in lines) == ALLOWED
    assert sum("rate_limited" in line for line in lines) == 12
    assert GUESS not in logs.text() and password not in logs.text()


async def test_another_address_is_not_locked_out(attacked_stack: LiveStack) -> None:
    async with visitor(attacked_stack, "127.0.0.22") as http:
        answer = await http.post("/api/token/", json={"username": "admin", "password": attacked_stack.password})
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"


async def test_an_address_cannot_be_made_up(attacked_stack: LiveStack) -> None:
    codes = []
    async with visitor(attacked_stack, "127.0.0.23") as http:
        for number in range(ALLOWED + 1):
            headers = {
                "X-Forwarded-For": f"10.1.2.{number}",
                "X-Real-IP": f"10.1.2.{number}",
                "Forwarded": "for=10.1.2.3",
            }
            fields = {"username": "admin", "password": GUESS}
            codes.append((await http.post("/api/token/", json=fields, headers=headers)).status_code)
    assert codes == [401] * ALLOWED + [429]


async def test_a_changed_password_and_a_copied_token_end_a_session(
    attacked_stack: LiveStack, cast: Callable[[str], str]
) -> None:
    name = cast("carol")
    attacked_stack.stack.manage("shell", "--verbosity", "0", "-c", _NEW_USER.format(name=name))
    async with visitor(attacked_stack, "127.0.0.24") as http:

        async def refresh(token: str) -> httpx.Response:
            return await http.post("/api/token/refresh/", json={"refresh": token})

        signed_in = await http.post("/api/token/", json={"username": name, "password": "the first password"})
        first = signed_in.json()["refresh"]
        renewed = await refresh(first)
        assert renewed.status_code == 200 and renewed.headers["Cache-Control"] == "no-store"
        second = renewed.json()["refresh"]
        assert second != first and (await refresh(second)).status_code == 200
        attacked_stack.stack.manage("shell", "--verbosity", "0", "-c", _NEW_PASSWORD.format(name=name))
        assert [(await refresh(token)).status_code for token in (first, second)] == [401, 401]
