"""One web process: Daphne or uvicorn on a socket that the stack opened for it."""

import http.client
import json
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from streamer_site.local.ports import HOST, listen, listen_from, port_of
from streamer_site.local.process import Program
from streamer_site.servers.limits import MAX_MESSAGE_BYTES, PING_SECONDS, PONG_SECONDS

Server = Literal["daphne", "uvicorn"]
# No access log (-v 0), because older clients put their token into the query string.
_DAPHNE = (
    *("-m", "daphne", "-v", "0", "--no-server-name", "--websocket_timeout", "-1", "--application-close-timeout", "3"),
    *("--ping-interval", str(PING_SECONDS), "--ping-timeout", str(PONG_SECONDS)),
    *("--websocket-max-message-size", str(MAX_MESSAGE_BYTES), "--websocket-max-frame-size", str(MAX_MESSAGE_BYTES)),
    "streamer_site.asgi:application",
)
_COMMANDS: Mapping[Server, tuple[str, ...]] = {
    "daphne": _DAPHNE,
    "uvicorn": ("-m", "streamer_site.servers.serve_uvicorn"),
}
_GRACE_SECONDS = 15.0
# It asks the database and Redis, and each may be silent for a while.
_ANSWER_SECONDS = 5.0


class WebServer:
    """The web server. It holds the listening socket while the process should be reachable, restarts included."""

    def __init__(self, name: str, port: int, server: Server = "daphne") -> None:
        """Open the socket. ``port``: 0 takes a free one; another falls back to the next free one."""
        self.name = name
        self._server = server
        self._listener: socket.socket = listen_from(port) if port else listen()
        self.port = port_of(self._listener)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://{HOST}:{self.port}/ws/"

    def close(self) -> None:
        """Refuse connections from now on."""
        self._listener.close()

    def reopen(self) -> None:
        """Listen on the same port again, if it was closed."""
        if self._listener.fileno() == -1:
            self._listener = listen(self.port)

    def program(self, env: Mapping[str, str], cwd: Path) -> Program:
        descriptor = self._listener.fileno()
        return Program(
            name=self.name,
            argv=(sys.executable, *_COMMANDS[self._server], "--fd", str(descriptor)),
            env=env,
            cwd=cwd,
            inherit=(descriptor,),
            grace_seconds=_GRACE_SECONDS,
        )

    def is_ready(self) -> bool:
        """Return True if it answers ``/readyz`` with 200 within some seconds."""
        return self._readiness()[0] == http.HTTPStatus.OK

    def missing_parts(self) -> frozenset[str]:
        """Name the parts that it misses, as ``/readyz`` does; "web" alone if it does not answer."""
        parts = self._readiness()[1].get("parts")
        return frozenset(name for name, ok in parts.items() if not ok) if parts else frozenset({"web"})

    def _readiness(self) -> tuple[int, dict[str, Any]]:
        """Return the status and the body of the answer, or 0 and an empty one."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=_ANSWER_SECONDS)
        try:
            connection.request("GET", "/readyz")
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError):
            return 0, {}
        finally:
            connection.close()
