"""One web process: Daphne on a socket that the stack opened for it."""

import http.client
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from streamer_site.local.ports import HOST, listen, listen_from, port_of
from streamer_site.local.process import Program

# No access log (-v 0), because older clients put their token into the query string. The frame limit is above the one
# that clients are told, so that a frame above that gets an error message instead of a dropped connection.
_OPTIONS = (
    *("-v", "0", "--no-server-name", "--ping-interval", "20", "--ping-timeout", "30"),
    *("--websocket_timeout", "-1", "--application-close-timeout", "3"),
    *("--websocket-max-message-size", str(4 * 1024 * 1024), "--websocket-max-frame-size", str(4 * 1024 * 1024)),
)
_GRACE_SECONDS = 15.0


class WebServer:
    """The web server. It holds the listening socket while the process should be reachable, restarts included."""

    def __init__(self, name: str, port: int) -> None:
        """Open the socket. ``port``: 0 takes a free one; another falls back to the next free one."""
        self.name = name
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
            argv=(sys.executable, "-m", "daphne", "--fd", str(descriptor), *_OPTIONS, "streamer_site.asgi:application"),
            env=env,
            cwd=cwd,
            inherit=(descriptor,),
            grace_seconds=_GRACE_SECONDS,
        )

    def is_ready(self) -> bool:
        """Return True if it answers ``/readyz`` with 200 within a second."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=1)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
