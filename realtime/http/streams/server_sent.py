"""The format of server-sent events (the HTML standard, section 9.2). Pure: text in, bytes out."""

from typing import Final

import msgspec

from realtime.wire.close_codes import CloseCode
from realtime.wire.protocol import encode_goodbye

MEDIA_TYPE: Final = "text/event-stream"
RETRY_MS: Final = 2_000
"""The pause after which a browser comes back when a stream was cut."""
KEEP_ALIVE: Final = b": keep-alive\n\n"
BEGINNING: Final = b"retry: %d\n\n" % RETRY_MS


class _Numbered(msgspec.Struct):
    seq: int | None = None


class _WithCursor(msgspec.Struct):
    cursor: str | None = None


_numbered: Final = msgspec.json.Decoder(_Numbered)
_with_cursor: Final = msgspec.json.Decoder(_WithCursor)


def seq_of(message: bytes) -> str | None:
    """Return the number of a numbered message. ``waiting`` has none."""
    seq = _numbered.decode(message).seq
    return None if seq is None else str(seq)


def cursor_of(message: bytes) -> str | None:
    """Return the cursor of a message of the feed. ``result_expiring`` has none."""
    return _with_cursor.decode(message).cursor


def event(message: bytes, event_id: str | None) -> bytes:
    """Make the event of a message. JSON has no line breaks, so it is one line of data."""
    if event_id is None:
        return b"data: %b\n\n" % message
    return b"id: %b\ndata: %b\n\n" % (event_id.encode(), message)


def goodbye(code: CloseCode, after_ms: int) -> bytes:
    """Make the last event of a stream that the server ends. ``after_ms`` is the pause before the client comes back."""
    return b"retry: %d\nevent: goodbye\ndata: %b\n\n" % (after_ms, encode_goodbye(code, after_ms=after_ms).encode())
