"""Heads of requests, on both servers: without end they are cut off, and what nobody can read is refused."""

import bz2
import zlib

import pytest

from streamer_site.local.web import Server
from streamer_site.servers.limits import MAX_HEAD_BYTES, MAX_HEADERS
from tests.hostile.http.test_bodies import MULTIPART, TAKEN_BYTES, bounded_memory, head, is_closed, status
from tests.hostile.memory import MIB
from tests.hostile.raw import raw_connection
from tests.live import LiveStack

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(120)]


@pytest.mark.parametrize(
    "lines",
    [
        ["X-Long: " + "x" * (MAX_HEAD_BYTES + 1)],
        [f"X-{at}: y" for at in range(MAX_HEADERS + 1)],
        [f"X-{at}: {'y' * 1000}" for at in range(MAX_HEAD_BYTES // 1000 + 1)],
    ],
    ids=["a long header", "many headers", "large headers"],
)
def test_a_head_above_its_limits_is_refused(attacked_stack: LiveStack, lines: list[str]) -> None:
    with raw_connection(attacked_stack) as raw:
        raw.send(head("/api/token/", *lines))
        assert status(raw) == 400 and is_closed(raw)


def test_a_head_without_end_takes_no_memory(attacked_stack: LiveStack) -> None:
    with bounded_memory(attacked_stack), raw_connection(attacked_stack) as raw:
        raw.send(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ")
        sent = 0
        try:
            while sent < 200 * MIB:
                raw.send(b"x" * 65_536)
                sent += 65_536
        except OSError:
            pass
        assert sent < TAKEN_BYTES


def test_a_length_of_thousands_of_digits_is_refused(attacked_stack: LiveStack) -> None:
    with raw_connection(attacked_stack) as raw:
        raw.send(head("/api/token/", "Content-Length: " + "9" * 5_000))
        assert is_closed(raw)


@pytest.mark.parametrize("path", ["/api/token/", "/admin/login/", "/nowhere"])
def test_zeros_before_a_length_hide_no_body(attacked_stack: LiveStack, path: str) -> None:
    with bounded_memory(attacked_stack), raw_connection(attacked_stack) as raw:
        raw.send(head(path, f"Content-Length: {'0' * 20}{600 * MIB}"))
        assert status(raw) == 413 and is_closed(raw)


@pytest.mark.parametrize("kind", ["zlib", "bz2"])
def test_no_body_is_unpacked_because_its_type_says_so(attacked_stack: LiveStack, kind: str) -> None:
    pack = {"zlib": zlib.compress, "bz2": bz2.compress}[kind]
    body = pack(bytes(100 * MIB))
    with bounded_memory(attacked_stack), raw_connection(attacked_stack) as raw:
        lines = [f"Content-Type: application/json; charset={kind}", f"Content-Length: {len(body)}"]
        raw.send(head("/api/token/", *lines) + body)
        assert status(raw) == 400


@pytest.mark.parametrize(
    "line",
    [
        *("Content-Type: a/b; x*=nope''y", "Content-Type: a/b; x*=a; x*0=b", "Content-Type: a/b; charset=hex"),
        *("Accept: a/b; x*=nope''y", "Accept: a/b; x*0=a; x*=b", "Accept: a/b;" + ";" * 15_000),
    ],
)
@pytest.mark.parametrize("path", ["/api/token/", "/api/datasets/", "/admin/login/"])
def test_a_head_that_nobody_can_read_is_refused(attacked_stack: LiveStack, path: str, line: str) -> None:
    with raw_connection(attacked_stack) as raw:
        raw.send(head(f"{path}?x=%41", line, "Content-Length: 0"))
        assert status(raw) == 400


def test_a_path_prefix_of_a_stranger_is_no_error_of_the_server(attacked_stack: LiveStack, server: Server) -> None:
    with raw_connection(attacked_stack) as raw:
        raw.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nDaphne-Root-Path: /é\r\nX: y\r\n\r\n".encode())
        assert status(raw) == (400 if server == "daphne" else 200)


@pytest.mark.parametrize("length", [[], ["Content-Length: 0"]])
def test_an_upload_without_a_body_is_refused_in_silence(attacked_stack: LiveStack, length: list[str]) -> None:
    with raw_connection(attacked_stack) as raw:
        raw.send(head("/api/datasets/", MULTIPART, *length))
        assert status(raw) == 401


def test_the_answer_to_head_has_no_body(attacked_stack: LiveStack) -> None:
    # Long enough to be sent in several pieces.
    with raw_connection(attacked_stack) as raw:
        raw.send(b"HEAD /api/docs/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n")
        raw.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        first, second = raw.read_head(), raw.read_head()
    assert b"200" in first.splitlines()[0] and b"content-length:" in first.lower()
    assert second.startswith(b"HTTP/1.1 200 OK")


def test_a_form_with_a_part_that_nobody_can_read_is_refused(attacked_stack: LiveStack) -> None:
    body = b"--frontier\r\nContent-Disposition: form-data; name*=a; name*0=b\r\n\r\nx\r\n--frontier--\r\n"
    with raw_connection(attacked_stack) as raw:
        # Without the cookie, the form is refused unread.
        cookie = f"Cookie: csrftoken={'a' * 32}"
        raw.send(head("/admin/login/", MULTIPART, cookie, f"Content-Length: {len(body)}") + body)
        assert status(raw) == 400
