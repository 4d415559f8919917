"""Bodies of HTTP requests, on the real server: large ones cost it no memory, too large ones are cut off."""

import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.live import LiveStack

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
_MIB = 1024 * 1024
_TOO_LARGE = b"HTTP/1.1 413 "


def peak_bytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_it_works(live_stack: LiveStack, alice: str, tmp_path: Path) -> None:
    """Forty megabytes, of which the web process never has more than a few pieces."""
    path = tmp_path / "large.csv"
    line = "x" * 1000
    path.write_text("text\n" + f"{line}\n" * 40_000)
    headers = {"Authorization": f"Bearer {live_stack.token(alice, f'tenant-of-{alice}')}"}
    (pid,) = live_stack.stack.pids("web-1")
    async with httpx.AsyncClient(base_url=live_stack.http_url, headers=headers, trust_env=False, timeout=60) as http:
        assert (await http.get("/api/datasets/")).status_code == 200
        before = peak_bytes(pid)
        with path.open("rb") as file:
            answer = await http.post("/api/datasets/", files={"file": ("large.csv", file)})
    assert (answer.status_code, answer.json()["rows"]) == (201, 40_000)
    assert peak_bytes(pid) - before < 15 * _MIB


@pytest.fixture
def raw(live_stack: LiveStack) -> Iterator[socket.socket]:
    address = urlsplit(live_stack.http_url)
    assert address.hostname and address.port
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
        yield connection


def test_one_that_says_it_is_too_large_is_refused_at_once(raw: socket.socket) -> None:
    raw.sendall(f"POST /api/token/ HTTP/1.1\r\nHost: here\r\nContent-Length: {3 * _MIB}\r\n\r\n".encode())
    assert raw.recv(1000).startswith(_TOO_LARGE)


def test_one_that_does_not_say_is_cut_off(raw: socket.socket) -> None:
    raw.sendall(b"POST /api/token/ HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n")
    piece = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    try:
        for _ in range(1000):
            raw.sendall(piece)
    except ConnectionError:
        return  # with data of ours on the way the answer may be lost
    raise AssertionError("64 MiB were taken")


async def test_what_is_small_passes(live_stack: LiveStack) -> None:
    async with httpx.AsyncClient(base_url=live_stack.http_url, trust_env=False) as http:
        answer = await http.post("/api/token/", json={"username": live_stack.user, "password": live_stack.password})
    assert answer.status_code == 200 and "access" in answer.json()
