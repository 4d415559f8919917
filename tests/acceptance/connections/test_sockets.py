"""The parts of sockets that only the real server does: it pings, and it reads the handshake."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from websockets.client import ClientProtocol
from websockets.frames import Close, Frame, Opcode
from websockets.uri import parse_uri

from streamer_site.local.stack import PROJECT_DIR
from tests.conftest import MakeToken

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(120)]
_SECONDS = 60.0


@pytest.fixture
def port(tmp_path: Path, redis_url: str) -> Iterator[int]:
    """Run a web process that expects answers to pings within a second, and return its port."""
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "streamer_site.settings",
        "STREAMER_DATA_DIR": str(tmp_path),
        "JWT_SIGNING_KEY": settings.JWT_SIGNING_KEY,
        "REDIS_URL": redis_url,
    }
    with socket.create_server(("127.0.0.1", 0)) as listener:
        pings = ("--ping-interval", "1", "--ping-timeout", "1")
        argv = (sys.executable, "-m", "daphne", "--fd", str(listener.fileno()), "-v", "0", *pings)
        argv = (*argv, "streamer_site.asgi:application")
        with subprocess.Popen(argv, cwd=PROJECT_DIR, env=env, pass_fds=[listener.fileno()]) as process:
            yield listener.getsockname()[1]
            process.kill()


def test_subprotocols_in_foreign_letters_are_none_of_ours(port: int, make_token: MakeToken) -> None:
    lines = (
        f"GET /ws/?token={make_token()} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Protocol: plaudern\xe9, streamer.v1",
    )
    with socket.create_connection(("127.0.0.1", port), timeout=_SECONDS) as connection:
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 101 ") and b"Sec-WebSocket-Protocol: streamer.v1" in answer


def test_it_works(port: int, make_token: MakeToken) -> None:
    uri = parse_uri(f"ws://127.0.0.1:{port}/ws/?token={make_token()}")
    client = ClientProtocol(uri)
    client.send_request(client.connect())
    frames: list[Frame] = []
    with socket.create_connection(("127.0.0.1", port), timeout=_SECONDS) as connection:
        connection.sendall(b"".join(client.data_to_send()))
        while not any(frame.opcode is Opcode.CLOSE for frame in frames):
            received = connection.recv(65536)
            assert received, "the socket was cut off without a close"
            client.receive_data(received)  # the pongs it would have sent stay where they are
            frames += [event for event in client.events_received() if isinstance(event, Frame)]
    messages = [json.loads(frame.data) for frame in frames if frame.opcode is Opcode.TEXT]
    assert [message["type"] for message in messages] == ["welcome", "goodbye"]
    assert (messages[-1]["code"], messages[-1]["reconnect"]) == (4003, True)
    assert Close.parse(frames[-1].data).code == 4003
