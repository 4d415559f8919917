"""The ends of sockets with which the web server has to do, the same on both."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.acceptance.client import SUBPROTOCOL, Client, open_socket
from tests.acceptance.processes import kill_and_wait
from tests.acceptance.servers.conftest import LEEWAY_SECONDS, OwnWeb
from tests.live import LiveStack
from tests.local.waiting import eventually

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
DRAIN, LOST, TOKEN_EXPIRED = 4000, 1006, 4010


@asynccontextmanager
async def connected(own: OwnWeb, token: str) -> AsyncIterator[Client]:
    async with open_socket(own.web.ws_url, subprotocols=[SUBPROTOCOL, f"bearer.{token}"]) as client:
        await client.find("welcome", lambda message: message["type"] == "welcome")
        yield client


async def ended(client: Client) -> tuple[int | None, Sequence[tuple[int, bool]]]:
    """Wait for the close. Return its code, and code and ``reconnect`` of each goodbye."""
    code = await client.closed()
    return code, [(one["code"], one["reconnect"]) for one in client.messages if one["type"] == "goodbye"]


async def test_a_stop_tells_every_socket_to_come_back_and_ends_the_process(
    own_web: OwnWeb, live_stack: LiveStack, alice: str, end: Path
) -> None:
    before = own_web.pid()
    async with connected(own_web, live_stack.token(alice)) as client:
        request_id = await client.submit("zoo_until", {"path": str(end)})
        await client.event(request_id, "progress")
        own_web.send(signal.SIGTERM)
        assert await ended(client) == (DRAIN, [(DRAIN, True)])
        first = client.stream(request_id)
    await asyncio.to_thread(eventually, lambda: own_web.pid() not in (None, before), "another process runs")
    await asyncio.to_thread(own_web.wait_until_ready)
    async with connected(own_web, live_stack.token(alice)) as client:
        await client.follow(request_id, after_seq=len(first))
        end.touch()
        rest = await client.whole_stream(request_id, after_seq=len(first))
    assert [*first, *rest][-1]["type"] == "complete"


async def test_a_client_of_a_killed_process_comes_back_for_the_rest(
    own_web: OwnWeb, live_stack: LiveStack, alice: str, end: Path
) -> None:
    async with connected(own_web, live_stack.token(alice)) as client:
        request_id = await client.submit("zoo_until", {"path": str(end)})
        await client.event(request_id, "progress")
        pid = own_web.pid()
        assert pid
        await kill_and_wait(pid)
        assert await ended(client) == (LOST, [])
        first = client.stream(request_id)
    await asyncio.to_thread(own_web.wait_until_ready)
    async with connected(own_web, live_stack.token(alice)) as client:
        await client.follow(request_id, after_seq=len(first))
        end.touch()
        rest = await client.whole_stream(request_id, after_seq=len(first))
    assert [*first, *rest][-1]["type"] == "complete"


async def test_a_token_that_ends_ends_its_socket(own_web: OwnWeb, live_stack: LiveStack, alice: str) -> None:
    # Long enough for the handshake of a web process that has just been started.
    token = live_stack.token(alice, ttl_seconds=6 - LEEWAY_SECONDS)
    async with connected(own_web, token) as client:
        assert await ended(client) == (TOKEN_EXPIRED, [(TOKEN_EXPIRED, True)])
    assert [one["type"] for one in client.messages] == ["welcome", "token_expiring", "goodbye"]


async def test_a_stop_does_not_wait_for_a_client_that_stalls(
    own_web: OwnWeb, live_stack: LiveStack, alice: str
) -> None:
    token = live_stack.token(alice, f"tenant-of-{alice}")
    before = own_web.pid()
    with socket.create_connection(("127.0.0.1", own_web.web.port), timeout=20) as stalled:
        lines = (
            "POST /api/datasets/ HTTP/1.1",
            "Host: localhost",
            f"Authorization: Bearer {token}",
            "Content-Type: multipart/form-data; boundary=frontier",
            "Content-Length: 100000",
        )
        stalled.sendall("\r\n".join([*lines, "", "--fr"]).encode())
        # The server reads the head before a later connection's.
        async with connected(own_web, live_stack.token(alice)) as client:
            own_web.send(signal.SIGTERM)
            assert await ended(client) == (DRAIN, [(DRAIN, True)])
        await asyncio.to_thread(eventually, lambda: own_web.pid() not in (None, before), "another process runs")
