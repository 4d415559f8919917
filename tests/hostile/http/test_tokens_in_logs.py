"""Tokens that older clients put into the query string are in no log, however the server was started."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import websockets

from streamer_site.local.ports import free_port
from streamer_site.local.stack import PROJECT_DIR
from streamer_site.local.web import Server
from tests.acceptance.client import connect
from tests.hostile.logs import LogReader
from tests.live import LiveStack
from tests.local.waiting import eventually, is_up

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(120)]
GUIDE = PROJECT_DIR / "docs" / "how-to" / "run-in-production.md"


@pytest.fixture
def documented_uvicorn(attacked_stack: LiveStack, server: Server, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Start uvicorn as the guide does, beside the stack. Yield its address and its log."""
    if server != "uvicorn":
        pytest.skip("once is enough")
    (command,) = re.findall(r"^uvicorn --.*?application$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    port = free_port()
    argv = shlex.split(command.replace("\\\n", " ").replace("0.0.0.0", "127.0.0.1").replace("8000", str(port)))
    log = tmp_path / "uvicorn.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *argv],
            cwd=PROJECT_DIR,
            env={**os.environ, **attacked_stack.stack.env},
            stdout=output,
            stderr=output,
        )
        try:
            eventually(lambda: is_up(port), "uvicorn answers", seconds=60)
            yield f"127.0.0.1:{port}", log
        finally:
            process.terminate()
            process.wait(20)


async def use_everywhere(address: str, token: str) -> None:
    """Send the token in the query of sockets and of requests, accepted and refused."""
    async with websockets.connect(f"ws://{address}/ws/?token={token}", proxy=None) as connection:
        assert '"welcome"' in str(await connection.recv())
    async with websockets.connect(f"ws://{address}/ws/?Authorization={token}x", proxy=None) as connection:
        assert "UNAUTHORIZED" in str(await connection.recv())
    with pytest.raises(websockets.WebSocketException):
        async with websockets.connect(f"ws://{address}/elsewhere/?token={token}", proxy=None) as connection:
            await connection.recv()
    async with httpx.AsyncClient(base_url=f"http://{address}", trust_env=False) as http:
        for path in ("/", "/api/datasets/", "/nowhere/", "/admin/", "/healthz"):
            await http.get(path, params={"token": token})
            await http.post(path, params={"token": token}, content=b"{}")


async def share_and_use(live: LiveStack, address: str, user: str) -> str:
    """Make a token for one request, and send it where it belongs, where it does not, and with a fault."""
    async with connect(live, user) as client:
        request_id = await client.submit("zoo_count", {"updates": 1})
        await client.whole_stream(request_id)
    events = f"/api/requests/{request_id}/events/"
    async with httpx.AsyncClient(base_url=f"http://{address}", trust_env=False) as http:
        own = {"Authorization": f"Bearer {live.token(user)}"}
        token = str((await http.post(f"/api/requests/{request_id}/token/", headers=own)).json()["token"])
        stream = await http.get(events, params={"token": token}, headers={"Accept": "text/event-stream"})
        assert stream.status_code == 200 and '"complete"' in stream.text
        for path in (events, f"/api/requests/{request_id}/", "/api/datasets/", "/nowhere/"):
            for sent in (token, f"{token}x"):
                await http.get(path, params={"token": sent})
                await http.post(path, params={"token": sent}, content=b"{}")
    return token.partition(".")[0].removeprefix("rt_")


async def test_the_stack_logs_no_token(attacked_stack: LiveStack, cast: Callable[[str], str]) -> None:
    logs, token = LogReader(attacked_stack.log_dir), attacked_stack.token(cast("alice"))
    address = attacked_stack.http_url.removeprefix("http://")
    await use_everywhere(address, token)
    shared = await share_and_use(attacked_stack, address, cast("alice"))
    text = logs.text()
    assert token not in text and shared not in text


async def test_uvicorn_started_as_documented_logs_no_token(
    attacked_stack: LiveStack, cast: Callable[[str], str], documented_uvicorn: tuple[str, Path]
) -> None:
    address, log = documented_uvicorn
    token = attacked_stack.token(cast("alice"))
    await use_everywhere(address, token)
    shared = await share_and_use(attacked_stack, address, cast("alice"))
    text = log.read_text()
    assert "Not Found: /nowhere/" in text and token not in text and shared not in text
