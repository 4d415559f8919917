"""A WebSocket client that sends any bytes it is told to, and reads nothing unless asked."""

import base64
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.acceptance.client import SUBPROTOCOL
from tests.live import LiveStack

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA
CONTINUATION = 0x0
_TIMEOUT_SECONDS = 20.0


@dataclass(frozen=True)
class Frame:
    opcode: int
    payload: bytes

    @property
    def close_code(self) -> int | None:
        """The code of a close frame; None for one without a code, and for other frames."""
        return struct.unpack("!H", self.payload[:2])[0] if self.opcode == CLOSE and len(self.payload) >= 2 else None


def frame(payload: bytes, opcode: int = TEXT, *, final: bool = True, reserved: int = 0, masked: bool = True) -> bytes:
    """Encode one frame as a client does. ``reserved`` is the three bits that must be 0, as a number up to 7."""
    first = (0x80 if final else 0) | (reserved << 4) | opcode
    mask_bit = 0x80 if masked else 0
    length = len(payload)
    if length < 126:
        head = struct.pack("!BB", first, mask_bit | length)
    elif length < 65_536:
        head = struct.pack("!BBH", first, mask_bit | 126, length)
    else:
        head = struct.pack("!BBQ", first, mask_bit | 127, length)
    if not masked:
        return head + payload
    # A mask of zeros leaves the bytes as they are, and is as valid as any other.
    return head + bytes(4) + payload


class RawSocket:
    """One TCP connection to a web process."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self._buffer = b""

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def read_frame(self) -> Frame | None:
        """Return the next frame of the server, or None when it has closed the connection."""
        head = self._take(2)
        if head is None:
            return None
        length = head[1] & 0x7F
        if length >= 126:
            wide = self._take(2 if length == 126 else 8)
            if wide is None:
                return None
            length = int.from_bytes(wide, "big")
        payload = self._take(length)
        return None if payload is None else Frame(head[0] & 0x0F, payload)

    def read_close(self) -> int | None:
        """Read up to the close frame, and return its code; None when the connection ended without one."""
        while (found := self.read_frame()) is not None:
            if found.opcode == CLOSE:
                return found.close_code
        return None

    def read_head(self) -> bytes:
        """Return the status line and the headers of an HTTP answer."""
        while b"\r\n\r\n" not in self._buffer:
            if not (more := self._receive()):
                break
            self._buffer += more
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        return head

    def read_answer(self) -> tuple[bytes, bytes]:
        """Return the head, in lower case, and the body of an HTTP answer that tells its length."""
        head = self.read_head().lower()
        _, _, rest = head.partition(b"content-length:")
        return head, self._take(int(rest.split()[0])) or b""

    def _take(self, count: int) -> bytes | None:
        while len(self._buffer) < count:
            if not (more := self._receive()):
                return None
            self._buffer += more
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        return taken

    def _receive(self) -> bytes:
        try:
            return self.connection.recv(65_536)
        except ConnectionError:
            return b""


@contextmanager
def raw_connection(live: LiveStack, *, server: int = 0, receive_buffer_bytes: int | None = None) -> Iterator[RawSocket]:
    """Open a TCP connection to a web process. A small ``receive_buffer_bytes`` fills soon for one that never reads."""
    address = urlsplit(live.http_urls[server])
    assert address.hostname and address.port
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as connection:
        if receive_buffer_bytes is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        connection.settimeout(_TIMEOUT_SECONDS)
        connection.connect((address.hostname, address.port))
        yield RawSocket(connection)


def handshake(live: LiveStack, token: str, *, server: int = 0, **headers: str) -> bytes:
    """Return the bytes of an opening handshake. ``headers`` replace or add: ``Sec_WebSocket_Version="12"``."""
    address = urlsplit(live.http_urls[server])
    fields = {
        "Host": address.netloc,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Protocol": f"{SUBPROTOCOL}, bearer.{token}",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = ["GET /ws/ HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode()


@contextmanager
def raw_socket(
    live: LiveStack, token: str, *, server: int = 0, receive_buffer_bytes: int | None = None
) -> Iterator[RawSocket]:
    """Open a socket that the server accepts, read as far as ``welcome``, and hand it over."""
    with raw_connection(live, server=server, receive_buffer_bytes=receive_buffer_bytes) as raw:
        raw.send(handshake(live, token, server=server))
        head = raw.read_head()
        assert head.startswith(b"HTTP/1.1 101 "), head
        welcome = raw.read_frame()
        assert welcome is not None and b'"welcome"' in welcome.payload, welcome
        yield raw
