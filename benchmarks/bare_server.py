"""A WebSocket application that does nothing, on the servers that carry Streamer: the cost of the server alone.

It accepts each socket, ignores what the client sends, and echoes texts at ``/echo``. The other benchmarks start it.
"""

import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from uvicorn import Server

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from streamer_site.local.ports import HOST, listen, port_of
from streamer_site.servers.serve_uvicorn import configuration

Name = Literal["daphne", "uvicorn"]
_PROJECT = Path(__file__).resolve().parent.parent
_DAPHNE = ("-m", "daphne", "-v", "0", "--no-server-name", "benchmarks.bare_server:application")
_READY_SECONDS = 20.0


async def application(
    scope: Mapping[str, Any],
    receive: Callable[[], Awaitable[Mapping[str, Any]]],
    send: Callable[[Mapping[str, Any]], Awaitable[None]],
) -> None:
    """Serve one socket."""
    if scope["type"] != "websocket":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})
        return
    await receive()
    offered = scope["subprotocols"]
    await send({"type": "websocket.accept", "subprotocol": offered[0] if offered else None})
    echoes = scope["path"] == "/echo"
    while (event := await receive())["type"] != "websocket.disconnect":
        if echoes:
            await send({"type": "websocket.send", "text": event["text"]})


@contextmanager
def serving(name: Name) -> Iterator[tuple[str, int]]:
    """Run the application on a server. Yield the URL of its sockets and its process id."""
    with listen() as listener:
        descriptor, port = listener.fileno(), port_of(listener)
        command = _DAPHNE if name == "daphne" else (__file__,)
        process = subprocess.Popen(
            [sys.executable, *command, "--fd", str(descriptor)], cwd=_PROJECT, pass_fds=(descriptor,)
        )
    try:
        _wait_until_ready(port)
        yield f"ws://{HOST}:{port}/", process.pid
    finally:
        process.terminate()
        process.wait()


def _wait_until_ready(port: int) -> None:
    give_up_at = time.monotonic() + _READY_SECONDS
    while True:
        try:
            with socket.create_connection((HOST, port), timeout=_READY_SECONDS) as connection:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                if connection.recv(1):
                    return
        except OSError:
            pass
        if time.monotonic() > give_up_at:
            raise SystemExit("The bare server does not answer")
        time.sleep(0.05)


def main() -> None:
    config = configuration()
    config.app = application
    Server(config).run([socket.socket(fileno=int(sys.argv[-1]))])


if __name__ == "__main__":
    main()
