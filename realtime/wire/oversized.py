"""The limit on the server's own messages. Servers and clients refuse larger ones, and then end the connection."""

import logging
from typing import Any

import msgspec

from jobs.errors import ErrorCode, error_body
from realtime.wire.protocol import encode_error, wire_bytes

logger = logging.getLogger(__name__)

MAX_BYTES = 4 * 1024 * 1024 - 1024
"""Just below the limit with which both servers are started, because Daphne holds its own messages to it too."""


class _Head(msgspec.Struct):
    type: str
    id: Any = None
    request_id: Any = None
    index: Any = None


def within_limit(text: str) -> str:
    """Return the message; or, where it is too large to be sent, the error that answers in its place."""
    # A character takes at most four bytes, so most messages need not be measured.
    if len(text) * 4 <= MAX_BYTES or (size := wire_bytes(text)) <= MAX_BYTES:
        return text
    head = msgspec.json.decode(text, type=_Head)
    logger.warning("A message of type '%s' with %d bytes is too large to be sent", head.type, size)
    body = error_body(
        ErrorCode.PAYLOAD_TOO_LARGE,
        f"The answer ('{head.type}') has {size} bytes; a message of the server may have at most {MAX_BYTES}",
        details={"limit_bytes": MAX_BYTES, "type": head.type},
    )
    place = {"request_id": head.request_id, "index": head.index}
    return encode_error(body, head.id, **{name: value for name, value in place.items() if value is not None})
