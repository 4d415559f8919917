"""Bodies sent by anybody: judged by the head alone, on both servers, and the answer arrives."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.hostile.memory import MIB, memory_bytes
from tests.hostile.raw import RawSocket, raw_connection
from tests.live import LiveStack

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
PIECE = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
# What the sockets of both sides hold, and what the server reads and forgets so that its answer arrives.
TAKEN_BYTES = 40 * MIB
MULTIPART = "Content-Type: multipart/form-data; boundary=frontier"
BODY = (
    b'--frontier\r\nContent-Disposition: form-data; name="file"; filename="small.csv"\r\n\r\n'
    b"a,b\n1,2\n\r\n--frontier--\r\n"
)


def head(path: str, *lines: str) -> bytes:
    return "\r\n".join([f"POST {path} HTTP/1.1", "Host: localhost", *lines, "", ""]).encode()


def authorization(live: LiveStack, user: str, *permissions: str) -> str:
    return f"Authorization: Bearer {live.token(user, f'tenant-of-{user}', permissions or ('*',))}"


def flood(raw: RawSocket, most_bytes: int = 400 * MIB) -> int:
    """Send pieces of a chunked body until the server takes no more. Return the bytes that went out."""
    sent = 0
    try:
        while sent < most_bytes:
            raw.send(PIECE)
            sent += len(PIECE)
    except OSError:
        pass
    return sent


def status(raw: RawSocket) -> int:
    return int(raw.read_head().split()[1])


def is_closed(raw: RawSocket) -> bool:
    """Read to the end of the connection."""
    try:
        while raw.connection.recv(65_536):
            pass
    except ConnectionError:
        return True
    except TimeoutError:
        return False
    return True


@contextmanager
def bounded_memory(live: LiveStack) -> Iterator[None]:
    (pid,) = live.stack.pids("web-1")
    before = memory_bytes(pid)
    yield
    assert memory_bytes(pid) - before < 30 * MIB


def left_over(live: LiveStack) -> list[Path]:
    return [*(live.stack.data_dir / "scratch").glob("upload-*/*")]


@pytest.mark.parametrize(
    ("permissions", "lines", "told"),
    [
        (None, [MULTIPART, "Transfer-Encoding: chunked"], 401),
        (["datasets.read"], [MULTIPART, "Transfer-Encoding: chunked"], 403),
        (["*"], ["Content-Type: text/csv", "Transfer-Encoding: chunked"], 415),
        (["*"], [MULTIPART, f"Content-Length: {3 * 1024 * MIB}"], 413),
    ],
    ids=["no token", "no permission", "another type", "too long"],
)
def test_an_upload_is_refused_by_its_head(
    attacked_stack: LiveStack, cast: Callable[[str], str], permissions: list[str] | None, lines: list[str], told: int
) -> None:
    token = [] if permissions is None else [authorization(attacked_stack, cast("eve"), *permissions)]
    with raw_connection(attacked_stack) as raw:
        raw.send(head("/api/datasets/", *token, *lines))
        assert status(raw) == told
    # A client that reads nothing until it has sent all: its body is neither kept nor read to the end.
    with bounded_memory(attacked_stack), raw_connection(attacked_stack) as raw:
        raw.send(head("/api/datasets/", *token, *lines))
        assert flood(raw) < TAKEN_BYTES
        assert status(raw) == told
    assert left_over(attacked_stack) == []


def test_the_answer_reaches_a_client_that_sends_a_small_body_first(attacked_stack: LiveStack) -> None:
    with raw_connection(attacked_stack) as raw:
        raw.send(head("/api/datasets/", MULTIPART, f"Content-Length: {MIB}") + b"x" * MIB)
        assert status(raw) == 401 and is_closed(raw)


@pytest.mark.parametrize("path", ["/api/token/", "/admin/login/", "/api/requests/", "/", "/nowhere"])
def test_no_other_path_takes_a_body_without_end(attacked_stack: LiveStack, path: str) -> None:
    with bounded_memory(attacked_stack), raw_connection(attacked_stack) as raw:
        raw.send(head(path, "Transfer-Encoding: chunked"))
        assert flood(raw) < TAKEN_BYTES
        assert status(raw) == 413
    with raw_connection(attacked_stack) as raw:
        raw.send(head(path, "Content-Length: 600000000"))
        assert status(raw) == 413


def test_what_is_left_of_a_refused_body_is_no_request(attacked_stack: LiveStack) -> None:
    hidden = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with raw_connection(attacked_stack) as raw:
        raw.send(head("/api/datasets/", MULTIPART, f"Content-Length: {len(hidden) + 1}"))
        assert status(raw) == 401
        raw.send(hidden)
        received = b""
        while more := raw.connection.recv(65_536):
            received += more
        assert b"HTTP/1.1" not in received


# --- 100 Continue ----------------------------------------------------------------------------------------------------


def test_a_client_may_ask_before_it_sends(attacked_stack: LiveStack, cast: Callable[[str], str]) -> None:
    asks = [MULTIPART, f"Content-Length: {len(BODY)}", "Expect: 100-continue"]
    with raw_connection(attacked_stack) as raw:
        raw.send(head("/api/datasets/", *asks))
        assert status(raw) == 401 and is_closed(raw)
    with raw_connection(attacked_stack) as raw:
        raw.send(head("/api/datasets/", authorization(attacked_stack, cast("alice")), *asks))
        assert status(raw) == 100
        raw.send(BODY)
        assert status(raw) == 201


# --- Slow clients ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/datasets/", "/api/token/"])
def test_a_body_that_trickles_is_cut_off(attacked_stack: LiveStack, cast: Callable[[str], str], path: str) -> None:
    begun = time.monotonic()
    with raw_connection(attacked_stack) as raw:
        raw.send(head(path, authorization(attacked_stack, cast("eve")), MULTIPART, "Content-Length: 100000") + b"--fr")
        raw.connection.settimeout(1)
        while time.monotonic() - begun < 60:
            try:
                assert raw.connection.recv(12) == b"HTTP/1.1 408"
                break
            except TimeoutError:
                raw.send(b"x")
        raw.connection.settimeout(20)
        assert is_closed(raw)
    assert time.monotonic() - begun < 30


# --- Uploads are like all other requests -----------------------------------------------------------------------------


def test_an_upload_has_a_host_check_and_security_headers(attacked_stack: LiveStack, cast: Callable[[str], str]) -> None:
    lines = [authorization(attacked_stack, cast("alice")), MULTIPART, f"Content-Length: {len(BODY)}"]
    with raw_connection(attacked_stack) as raw:
        raw.send(head("/api/datasets/", *lines).replace(b"localhost", b"evil.example") + BODY)
        assert status(raw) == 400
    with raw_connection(attacked_stack) as raw:
        raw.send(head("/api/datasets/", *lines) + BODY)
        answer, content = raw.read_answer()
        assert content.startswith(b"{") and answer.startswith(b"http/1.1 201")
        for name in (b"x-content-type-options: nosniff", b"x-frame-options: deny", b"referrer-policy: same-origin"):
            assert name in answer
        # The connection goes on after a body that was read to its end.
        raw.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert status(raw) == 200
