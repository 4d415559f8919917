"""The head of a request, and so of a handshake, must be there within 15 s in all, however steadily its bytes come.

So no flood of idle connections stays for longer, and those that a server has refused go sooner.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress

import pytest

from streamer_site.servers.limits import HEAD_SECONDS
from tests.hostile.bystander import harmless
from tests.hostile.raw import RawSocket, handshake, raw_connection
from tests.live import LiveStack

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(120)]
_LATE_SECONDS = 5.0
_MANY = 200
_GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"


def seconds_until_cut_off(raw: RawSocket, begin: bytes, drop: bytes) -> float:
    """Send ``begin``, then ``drop`` once a second. Return the time after which the server hangs up."""
    raw.send(begin)
    raw.connection.settimeout(1)
    begun = time.monotonic()
    while time.monotonic() - begun < HEAD_SECONDS + _LATE_SECONDS:
        try:
            raw.send(drop)
            if not raw.connection.recv(4096):
                break
        except TimeoutError:
            continue
        except ConnectionError:
            break
    return time.monotonic() - begun


def trickle(live: LiveStack, begin: bytes, drop: bytes) -> None:
    opened_at = time.monotonic()  # the server counts from the connection, which may be a while before the first byte
    with raw_connection(live) as raw:
        assert seconds_until_cut_off(raw, begin, drop) < HEAD_SECONDS + _LATE_SECONDS
    assert time.monotonic() - opened_at >= HEAD_SECONDS - 1


def trickle_the_second_request(live: LiveStack) -> None:
    with raw_connection(live) as raw:
        raw.send(_GET + b"\r\n")
        assert raw.read_head().startswith(b"HTTP/1.1 200 ")
        assert seconds_until_cut_off(raw, _GET, b"X-Slow: 1\r\n") < HEAD_SECONDS + _LATE_SECONDS


def read_to_the_end(raw: RawSocket) -> None:
    """Read until the server hangs up. Fails when it does not within the time of a head."""
    raw.connection.settimeout(HEAD_SECONDS + _LATE_SECONDS)
    with suppress(ConnectionError):
        while raw.connection.recv(4096):
            pass


def say_nothing(live: LiveStack) -> None:
    """Open many connections and send nothing. Others are served meanwhile, and in the end all are cut off."""
    with ExitStack() as stack:
        raws = [stack.enter_context(raw_connection(live)) for _ in range(_MANY)]
        with raw_connection(live) as other:
            other.send(handshake(live, live.token()))
            assert other.read_head().startswith(b"HTTP/1.1 101 ")
        for raw in raws:
            read_to_the_end(raw)


def ignore_a_refusal(live: LiveStack) -> None:
    """Open many sockets with a bad token, and never answer their close."""
    with ExitStack() as stack:
        raws = [stack.enter_context(raw_connection(live)) for _ in range(_MANY // 4)]
        for raw in raws:
            raw.send(handshake(live, "bad"))
        for raw in raws:
            read_to_the_end(raw)


def keep_a_socket_open(live: LiveStack) -> None:
    """Open a socket for longer than its head may take: the time ends with the head."""
    with raw_connection(live) as raw:
        raw.send(handshake(live, live.token()))
        assert raw.read_head().startswith(b"HTTP/1.1 101 ")
        time.sleep(HEAD_SECONDS + 1)
        welcome = raw.read_frame()
        assert welcome is not None and b'"welcome"' in welcome.payload


def send_slow_requests(live: LiveStack) -> None:
    """Send one request after the other for longer than one head may take: the time is that of each head."""
    begun = time.monotonic()
    with raw_connection(live) as raw:
        while time.monotonic() - begun < HEAD_SECONDS + 3:
            raw.send(_GET)
            time.sleep(2)  # a client that takes its time
            raw.send(b"\r\n")
            answer, _ = raw.read_answer()
            assert answer.startswith(b"http/1.1 200")


async def test_a_head_has_15_seconds_in_all(attacked_stack: LiveStack, cast: Callable[[str], str]) -> None:
    """All clients come side by side, because each takes its 15 s."""
    opening = handshake(attacked_stack, attacked_stack.token()).removesuffix(b"\r\n")
    clients: dict[str, Callable[[LiveStack], None]] = {
        "a request line": lambda live: trickle(live, b"GET /", b"x"),
        "lines": lambda live: trickle(live, _GET, b"X-Slow: 1\r\n"),
        "one long line": lambda live: trickle(live, _GET + b"X-Slow: ", b"x"),
        "a handshake": lambda live: trickle(live, opening, b"X-Slow: 1\r\n"),
        "a second request": trickle_the_second_request,
        "an open socket": keep_a_socket_open,
        "many requests": send_slow_requests,
        "silence": say_nothing,
        "a refusal": ignore_a_refusal,
    }
    with ThreadPoolExecutor(len(clients)) as pool:
        async with harmless(attacked_stack, cast("bob")):
            running = {name: pool.submit(client, attacked_stack) for name, client in clients.items()}
            await asyncio.wait([asyncio.wrap_future(future) for future in running.values()])
    failed = {name: str(future.exception()) for name, future in running.items() if future.exception()}
    assert not failed, failed
