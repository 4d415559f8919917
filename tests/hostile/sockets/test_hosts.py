"""A handshake for a host that is not served is refused, as an HTTP request for it is."""

from collections.abc import Callable

import httpx
import pytest

from tests.hostile.raw import handshake, raw_connection
from tests.live import LiveStack

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(120)]


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "localhost, evil.example", ""])
def test_another_host_is_refused(attacked_stack: LiveStack, cast: Callable[[str], str], host: str) -> None:
    with raw_connection(attacked_stack) as raw:
        raw.send(handshake(attacked_stack, attacked_stack.token(cast("mallory")), Host=host))
        assert raw.read_head().split(b" ")[1] in {b"400", b"403"}
    with httpx.Client(base_url=attacked_stack.http_url, trust_env=False) as http:
        assert http.get("/healthz", headers={"Host": host}).status_code == 400


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1", "[::1]:8000", "LOCALHOST"])
def test_an_allowed_host_is_served_whatever_the_port(
    attacked_stack: LiveStack, cast: Callable[[str], str], host: str
) -> None:
    with raw_connection(attacked_stack) as raw:
        raw.send(handshake(attacked_stack, attacked_stack.token(cast("bob")), Host=host))
        assert raw.read_head().startswith(b"HTTP/1.1 101 ")
