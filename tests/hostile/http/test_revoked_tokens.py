"""A token from before a revocation opens nothing on either server, wherever it is shown, and a new one does."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from tests.acceptance.client import SUBPROTOCOL, Client, connect, open_socket
from tests.live import LiveStack

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(240)]
REVOKED, BAD_TOKEN = 4501, 4500
# The promise, for each process.
OUT_SECONDS = 2.0
CHANGE_PASSWORD = (
    "from django.contrib.auth.models import User; user = User.objects.get(username='{0}'); "
    "user.set_password('{1}'); user.save()"
)
CREATE_USER = "from django.contrib.auth.models import User; User.objects.create_user('{0}', password='{1}')"


def bearer(token: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {token}"}


def http_of(live: LiveStack) -> httpx.AsyncClient:
    """Connect from an address of one's own: each has few sign-ins a minute, and other tests use up those of another."""
    transport = httpx.AsyncHTTPTransport(local_address="127.0.0.25")
    return httpx.AsyncClient(base_url=live.http_url, transport=transport, timeout=60)


async def manage(live: LiveStack, *arguments: str) -> str:
    return await asyncio.to_thread(live.stack.manage, *arguments)


async def in_shell(live: LiveStack, code: str, *values: str) -> None:
    await manage(live, "shell", "--verbosity", "0", "-c", code.format(*values))


async def upload(http: httpx.AsyncClient, token: str) -> int:
    answer = await http.post("/api/datasets/", files={"file": ("small.csv", b"a,b\n1,2\n")}, headers=bearer(token))
    return answer.status_code


@asynccontextmanager
async def welcomed(live: LiveStack, token: str, *, server: int = 0) -> AsyncIterator[Client]:
    """Open a socket with this very token."""
    async with open_socket(live.ws_urls[server], subprotocols=[SUBPROTOCOL, f"bearer.{token}"]) as client:
        await client.find("welcome", lambda message: message["type"] == "welcome")
        yield client


async def handshake(live: LiveStack, token: str, server: int = 0) -> tuple[Any, int | None]:
    """Return the reason why a handshake is refused, and the code of the close."""
    async with open_socket(live.ws_urls[server], subprotocols=[SUBPROTOCOL, f"bearer.{token}"]) as client:
        code = await client.closed()
    return client.messages[0]["error"]["details"]["reason"], code


async def is_out(client: Client) -> bool:
    return await client.closed(OUT_SECONDS) == REVOKED and client.messages[-1]["reconnect"] is False


async def test_an_old_token_opens_nothing_any_more(attacked_stack: LiveStack, cast: Callable[[str], str]) -> None:
    live, eve, bob = attacked_stack, cast("eve"), cast("bob")
    tenant = f"tenant-of-{eve}"
    old = live.token(eve, tenant)
    async with (
        http_of(live) as http,
        connect(live, eve, tenant=tenant) as first,
        connect(live, eve, tenant=tenant, server=1) as second,
        connect(live, bob, server=1) as other,
    ):
        file = (await first.whole_stream(await first.submit("zoo_file", {"text": "hello"})))[-1]["result"]
        assert (await http.get(file["url"])).status_code == 200
        await manage(live, "streamer_revoke", "--user", eve)
        assert await asyncio.gather(is_out(first), is_out(second)) == [True, True]
        await other.ping()
        for server in (0, 1):
            assert await handshake(live, old, server) == ("token_revoked", BAD_TOKEN)
        for method, path in (("GET", "/api/datasets/"), ("GET", "/api/actions/"), ("DELETE", "/api/datasets/x/")):
            answer = await http.request(method, path, headers=bearer(old))
            assert answer.status_code == 401 and answer.json()["error"]["details"] == {"reason": "token_revoked"}
        assert await upload(http, old) == 401
        assert (await http.get(file["url"])).status_code == 404
        assert (await http.get(file["url"], headers=bearer(old))).status_code == 404
        fresh = await manage(live, "streamer_token", "--user", eve, "--tenant", tenant, "--permissions", "*")
        assert await upload(http, fresh) == 201
        async with welcomed(live, fresh) as again:
            refused = await again.ask("authenticate", token=old)
            assert refused["error"]["details"] == {"reason": "token_revoked"}
            assert (await again.ask("authenticate", token=fresh))["type"] == "authenticated"
        assert (await http.get(file["url"].partition("?")[0], headers=bearer(fresh))).status_code == 200


async def test_a_changed_password_ends_what_came_of_the_old_one(
    attacked_stack: LiveStack, cast: Callable[[str], str]
) -> None:
    live, eve = attacked_stack, cast("eve")
    await in_shell(live, CREATE_USER, eve, "old-password")
    async with http_of(live) as http:
        old = (await http.post("/api/token/", json={"username": eve, "password": "old-password"})).json()
        async with welcomed(live, old["access"], server=1) as client:
            await in_shell(live, CHANGE_PASSWORD, eve, "new-password")
            assert await is_out(client)
        assert await handshake(live, old["access"]) == ("token_revoked", BAD_TOKEN)
        assert (await http.post("/api/token/refresh/", json={"refresh": old["refresh"]})).status_code == 401
        assert (await http.post("/api/token/", json={"username": eve, "password": "old-password"})).status_code == 401
        new = (await http.post("/api/token/", json={"username": eve, "password": "new-password"})).json()
        async with welcomed(live, new["access"]) as client:
            await client.ping()
