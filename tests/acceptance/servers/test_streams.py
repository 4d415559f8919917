"""Server-sent events over the network, the same on both servers: nothing is lost, and nothing is kept for nobody."""

import asyncio
import json
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.client import SUBPROTOCOL, connect, open_socket
from tests.acceptance.event_streams import follow
from tests.acceptance.servers.conftest import OwnWeb
from tests.acceptance.streams import assert_is_whole
from tests.hostile.memory import MIB, peak_bytes, reset_peak
from tests.live import LiveStack
from tests.local.waiting import DEADLINE_SECONDS, eventually

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
LARGE_LOG = 100_000
SILENT = 3
MAX_STREAMS = 50
"""``STREAMER_MAX_STREAMS_PER_USER``."""
_MOST_BYTES = 24 * MIB
_ESTABLISHED = "01"
# Copies one message of progress, without the hours that a handler would take to report so many.
_MAKE_LARGE = """
from django.db import connection
from jobs.models import AsyncRequest, RequestEvent
row = AsyncRequest.objects.get(id="{request_id}")
first, final = row.last_seq, {count}
one = RequestEvent.objects.get(request_id=row.id, seq=first - 1)
RequestEvent.objects.filter(request_id=row.id, seq=first).update(seq=final)
table = RequestEvent._meta.db_table
connection.cursor().execute(
    f"INSERT INTO {{table}} (request_id, seq, type, data, attempt, created_at) "
    f"WITH RECURSIVE numbers(seq) AS "
    f"(SELECT {{first}} UNION ALL SELECT seq + 1 FROM numbers WHERE seq < {{final - 1}}) "
    f"SELECT request_id, numbers.seq, type, data, attempt, created_at FROM numbers, {{table}} WHERE id = {{one.id}}"
)
AsyncRequest.objects.filter(id=row.id).update(last_seq=final)
"""


def path_of(request_id: str) -> str:
    return f"/api/requests/{request_id}/events/"


@pytest.fixture(scope="module")
def large_log(live_stack: LiveStack, cast: Callable[[str], str]) -> tuple[str, str]:
    """Make a request that has ended with very many messages. Return its id and a token of its owner."""
    owner = cast("alice")
    token = live_stack.token(owner)

    async def submit() -> str:
        async with connect(live_stack, owner) as client:
            request_id = await client.submit("zoo_count", {"updates": 1})
            await client.whole_stream(request_id)
            return request_id

    request_id = asyncio.run(submit())
    code = _MAKE_LARGE.format(request_id=request_id, count=LARGE_LOG)
    live_stack.stack.manage("shell", "--verbosity", "0", "-c", code)
    return request_id, token


async def test_a_stream_that_is_cut_after_each_message_loses_nothing(
    own_web: OwnWeb, live_stack: LiveStack, alice: str, tmp_path: Path
) -> None:
    token, messages, last_id = live_stack.token(alice), list[dict[str, Any]](), None
    async with connect(live_stack, alice) as client:
        request_id = await client.submit("zoo_slow", {"seconds": 1, "steps": 15})
        while not (messages and messages[-1].get("final")):
            headers = {} if last_id is None else {"Last-Event-ID": last_id}
            async with follow(own_web.web.url, path_of(request_id), token, headers) as stream:
                while (event := await stream.read()) is not None and event.id is None:
                    pass
                assert event is not None
                messages.append(event.message)
                last_id = event.id
        assert_is_whole(messages)
        assert messages == await client.whole_stream(request_id)
    async with follow(own_web.web.url, path_of(request_id), token, {"Last-Event-ID": str(last_id)}) as stream:
        assert stream.response.status_code == 204


async def test_a_large_log_costs_little_memory_and_one_that_never_reads_it_no_more(
    own_web: OwnWeb, live_stack: LiveStack, large_log: tuple[str, str], bob: str
) -> None:
    request_id, token = large_log
    pid = own_web.pid()
    assert pid
    reset_peak(pid)
    before = peak_bytes(pid)
    silent = [_open_and_read_nothing(own_web, path_of(request_id), token) for _ in range(SILENT)]
    try:
        async with open_socket(
            own_web.web.ws_url, subprotocols=[SUBPROTOCOL, f"bearer.{live_stack.token(bob)}"]
        ) as other:
            reading = asyncio.create_task(_read_numbers(own_web, request_id, token))
            while not reading.done():
                assert (await other.request("echo", {"message": "still there"}))["type"] == "response"
                await asyncio.sleep(0.05)
        assert await reading == list(range(1, LARGE_LOG + 1))
        # Whoever never reads is cut off, and has cost the server no more than what it may hold for a while.
        await asyncio.to_thread(eventually, lambda: _connections_to(own_web) == 0, "those that never read are cut off")
        assert peak_bytes(pid) - before < _MOST_BYTES
    finally:
        for one in silent:
            one.close()


async def _read_numbers(own: OwnWeb, request_id: str, token: str) -> list[int]:
    numbers: list[int] = []
    async with follow(own.web.url, path_of(request_id), token) as stream:
        while (event := await stream.read()) is not None:
            if event.id is not None:
                numbers.append(int(event.id))
            stream.reader.events.clear()
    return numbers


def _open_and_read_nothing(own: OwnWeb, path: str, token: str) -> socket.socket:
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", own.web.port))
    lines = (f"GET {path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {token}", "Accept: text/event-stream")
    connection.sendall("\r\n".join([*lines, "", ""]).encode())
    return connection


def _connections_to(own: OwnWeb) -> int:
    """Count the open connections to the web process, by what the kernel says."""
    port = f":{own.web.port:04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[1].endswith(port) and row[3] == _ESTABLISHED for row in rows)


async def test_a_stop_tells_every_stream_to_come_back(
    own_web: OwnWeb, live_stack: LiveStack, alice: str, bob: str, end: Path
) -> None:
    token, before = live_stack.token(alice), own_web.pid()
    async with connect(live_stack, alice) as client:
        request_id = await client.submit("zoo_until", {"path": str(end)})
        async with (
            follow(own_web.web.url, path_of(request_id), token) as stream,
            httpx.AsyncClient(base_url=own_web.web.url, trust_env=False, timeout=30) as http,
        ):
            await stream.read()
            await client.event(request_id, "progress")
            polls = await _begin_to_poll(http, live_stack.token(bob))
            own_web.send(signal.SIGTERM)
            events = await stream.read_all()
            assert (events[-1].kind, events[-1].message["code"]) == ("goodbye", 4000)
            assert events[-1].retry == events[-1].message["after_ms"]
            assert [(await poll).status_code for poll in polls] == [200] * MAX_STREAMS
        await asyncio.to_thread(eventually, lambda: own_web.pid() not in (None, before), "another process runs")
        await asyncio.to_thread(own_web.wait_until_ready)
        end.touch()
        last = stream.reader.last_id
        async with follow(own_web.web.url, path_of(request_id), token, {"Last-Event-ID": last or "0"}) as again:
            await again.read_all()
        whole = [one for one in [*stream.reader.messages, *again.reader.messages] if "seq" in one]
        assert_is_whole(whole)
        assert whole == await client.whole_stream(request_id)


async def _begin_to_poll(http: httpx.AsyncClient, token: str) -> list[asyncio.Task[httpx.Response]]:
    """Begin as many polls as a user may have. Return once the server holds them: it has no room for another then."""
    headers = {"Authorization": f"Bearer {token}"}
    polls = [asyncio.create_task(http.get("/api/feed/?wait=60", headers=headers)) for _ in range(MAX_STREAMS)]
    async with asyncio.timeout(DEADLINE_SECONDS):
        while (await http.get("/api/feed/", headers=headers)).status_code != 429:
            await asyncio.sleep(0.05)
    return polls


async def test_it_works_with_curl(own_web: OwnWeb, live_stack: LiveStack, alice: str) -> None:
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("there is no curl")
    async with connect(live_stack, alice) as client:
        request_id = await client.submit("zoo_count", {"updates": 3})
        headers = {"Authorization": f"Bearer {live_stack.token(alice)}"}
        async with httpx.AsyncClient(base_url=own_web.web.url, trust_env=False, headers=headers) as http:
            shared = (await http.post(f"/api/requests/{request_id}/token/")).json()
        command = [curl, "-sN", "-H", "Accept: text/event-stream", f"{own_web.web.url}{shared['events_url']}"]
        output = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=60)
        lines = [line.removeprefix("data: ") for line in output.stdout.splitlines() if line.startswith("data: ")]
        assert output.stdout.startswith("retry: 2000\n\n")
        streamed = [message for message in map(json.loads, lines) if "seq" in message]
        assert streamed == await client.whole_stream(request_id)


async def test_what_is_foreign_does_not_exist(own_web: OwnWeb, live_stack: LiveStack, alice: str, bob: str) -> None:
    async with connect(live_stack, alice) as client:
        request_id = await client.submit("zoo_count", {"updates": 3})
        await client.whole_stream(request_id)
    async with follow(own_web.web.url, path_of(request_id), live_stack.token(bob)) as stream:
        assert stream.response.status_code == 404
