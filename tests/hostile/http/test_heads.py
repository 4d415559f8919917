"""Heads of requests without end are cut off, on both servers: by size and by number of headers."""

import pytest

from streamer_site.servers.limits import MAX_HEAD_BYTES, MAX_HEADERS
from tests.hostile.http.test_bodies import TAKEN_BYTES, bounded_memory, head, is_closed, status
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
