"""Free ports on the loopback interface."""

import random
import socket
from collections.abc import Sequence
from contextlib import suppress

HOST = "127.0.0.1"
# Systems give outgoing connections ports from 32768 up (Linux) or 49152 up (macOS). A server that restarts must not
# have a port in that range: a client that reconnects may get that very port, and connect to itself.
_SERVER_PORTS = range(20000, 32768)
_BACKLOG = 1024


def listen(port: int = 0) -> socket.socket:
    """Open a socket that listens on ``port``, for a child to inherit; 0 takes any free one.

    Nobody can take the port between the choice and the use, and connections made while the child is being started
    again wait instead of failing. Raises ``OSError`` when the port is taken.
    """
    if not port:
        return _first_free(random.sample(_SERVER_PORTS, 100))
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener


def listen_from(port: int) -> socket.socket:
    """Listen on ``port``, or on the next free one of the hundred after it."""
    return _first_free(range(port, min(port + 100, 65536)))


def free_port() -> int:
    """Find a port that was free a moment ago, for a server that must open it itself. Be ready to try another."""
    with listen() as listener:
        return port_of(listener)


def port_of(listener: socket.socket) -> int:
    return int(listener.getsockname()[1])


def _first_free(ports: Sequence[int]) -> socket.socket:
    for port in ports:
        with suppress(OSError):
            return listen(port)
    raise OSError(f"no free port between {min(ports)} and {max(ports)}")
