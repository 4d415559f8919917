"""The parts of HTTP with which the web server has to do, the same on both."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection

import httpx
import pytest

from tests.acceptance.client import SUBPROTOCOL, open_socket
from tests.acceptance.servers.conftest import OwnWeb
from tests.live import LiveStack
from tests.local.waiting import eventually

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
# Longer than uvicorn keeps an idle connection by itself.
IDLE_SECONDS = 6.0
ADDRESS = "203.0.113.9"
_LOOK = "from realtime.models import Connection; print(*Connection.objects.filter(id='{}').values_list('address'))"


@pytest.fixture
def kept(own_web: OwnWeb) -> Iterator[HTTPConnection]:
    with closing(HTTPConnection("127.0.0.1", own_web.web.port, timeout=20)) as connection:
        yield connection


def get(connection: HTTPConnection) -> int:
    """Ask for a page, and read all of it: a server may send head and body apart."""
    connection.request("GET", "/healthz")
    answer = connection.getresponse()
    answer.read()
    return answer.status


async def test_an_upload(own_web: OwnWeb, live_stack: LiveStack, alice: str) -> None:
    headers = {"Authorization": f"Bearer {live_stack.token(alice, f'tenant-of-{alice}')}"}
    files = {"file": ("small.csv", b"a,b\n1,2\n")}
    async with httpx.AsyncClient(base_url=own_web.web.url, headers=headers, trust_env=False, timeout=60) as http:
        answer = await http.post("/api/datasets/", files=files)
        assert (answer.status_code, answer.json()["rows"]) == (201, 1)


def test_a_connection_that_is_idle_for_a_while_is_kept(kept: HTTPConnection) -> None:
    """A proxy keeps its connections, and may send a POST at the moment at which the server closes one."""
    assert get(kept) == 200
    kept.sock.settimeout(IDLE_SECONDS)
    with pytest.raises(TimeoutError):
        kept.sock.recv(1)
    kept.sock.settimeout(20)
    kept.auto_open = 0  # another connection would hide the end of this one
    assert get(kept) == 200


async def test_the_proxy_names_the_client(own_web: OwnWeb, live_stack: LiveStack, alice: str) -> None:
    headers = {"X-Forwarded-For": f"10.0.0.1, {ADDRESS}", "Authorization": f"Bearer {live_stack.token(alice)}"}
    async with open_socket(own_web.web.ws_url, headers=headers, subprotocols=[SUBPROTOCOL]) as client:
        welcome = await client.find("welcome", lambda message: message["type"] == "welcome")
    look = ("shell", "--verbosity", "0", "-c", _LOOK.format(welcome["connection_id"]))
    row = await asyncio.to_thread(eventually, lambda: live_stack.stack.manage(*look), "the row is written")
    assert row == f"('{ADDRESS}',)"
