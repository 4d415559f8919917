"""The parts of sockets that the web server does: it pings, and it reads the handshake."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from django.conf import settings
from websockets.client import ClientProtocol
from websockets.frames import Close, Frame, Opcode
from websockets.sync.client import connect
from websockets.uri import parse_uri

from realtime.sending.asking import ask_health
from streamer_site.local.stack import PROJECT_DIR
from streamer_site.local.web import Server
from tests.conftest import MakeToken
from tests.local.waiting import eventually, is_up

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(120)]
_SECONDS = 60.0
APPLICATION = "streamer_site.asgi:application"


_DAPHNE = ("daphne", "-v", "0", "--fd", "{fd}", "--ping-interval", "1", "--ping-timeout", "{pong}", APPLICATION)
_UVICORN = (
    "from streamer_site.servers import serve_uvicorn as web; "
    "web.PING_SECONDS = 1; web.PONG_SECONDS = {pong}; web.main()"
)
COMMANDS: dict[Server, tuple[str, ...]] = {"daphne": ("-m", *_DAPHNE), "uvicorn": ("-c", _UVICORN, "--fd", "{fd}")}


@pytest.fixture
def pong_seconds() -> int:
    return 1


@pytest.fixture(params=COMMANDS)
def port(request: pytest.FixtureRequest, tmp_path: Path, redis_url: str, pong_seconds: int) -> Iterator[int]:
    """Run a web process that pings every second and waits ``pong_seconds`` for the answer, and return its port."""
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "streamer_site.settings",
        "STREAMER_DATA_DIR": str(tmp_path),
        "JWT_SIGNING_KEY": settings.JWT_SIGNING_KEY,
        "REDIS_URL": redis_url,
        "STREAMER_QUERY_TOKENS": "true",
    }
    # A web process that has never read the revocations takes no token.
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=PROJECT_DIR, env=env, check=True)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        command = (part.format(fd=listener.fileno(), pong=pong_seconds) for part in COMMANDS[request.param])
        with subprocess.Popen(
            [sys.executable, *command], cwd=PROJECT_DIR, env=env, pass_fds=[listener.fileno()]
        ) as process:
            number = listener.getsockname()[1]
            # What a test waits for begins when the process serves, however long its start takes.
            eventually(lambda: is_up(number), "the web process serves", seconds=_SECONDS)
            yield number
            process.kill()


def test_subprotocols_in_foreign_letters_are_the_error_of_the_client(port: int, make_token: MakeToken) -> None:
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
    # uvicorn refuses such a handshake, Daphne takes the name that it knows.
    is_taken = answer.startswith(b"HTTP/1.1 101 ") and b"Sec-WebSocket-Protocol: streamer.v1" in answer
    assert is_taken or answer.startswith(b"HTTP/1.1 400 ")


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


@pytest.mark.parametrize("pong_seconds", [60])
def test_the_health_of_a_connection_has_the_round_trip_of_a_ping(port: int, make_token: MakeToken) -> None:
    with connect(f"ws://127.0.0.1:{port}/ws/?token={make_token()}", proxy=None) as client:
        connection_id = UUID(json.loads(client.recv())["connection_id"])

        def round_trip() -> float | None:
            health = ask_health([connection_id]).healths.get(connection_id)
            return health and health.round_trip_ms

        assert 0 < (eventually(round_trip, "a ping was answered") or 0) < 1000 * _SECONDS
