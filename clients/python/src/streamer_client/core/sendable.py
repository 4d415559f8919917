"""The check that a message can be sent, before it is: the server could not say which one it did not understand."""

import json
from collections.abc import Iterable
from typing import Any

from streamer_client.errors import ValidationFailed
from streamer_client.events import Message

MAX_DEPTH = 64
_ROOM_BYTES = 64
"""For the ``type`` of the message, which is not in it yet."""


def size_of(message: Message) -> int:
    """Return the bytes of a request. Raises ``ValidationFailed`` for what is no JSON of this protocol."""
    try:
        text = json.dumps(message, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValidationFailed(f"The request is no JSON: {error}", code="VALIDATION_ERROR") from None
    if "\\u0000" in text:
        raise ValidationFailed("The request contains the character NUL", code="VALIDATION_ERROR")
    if _is_deeper_than(message, MAX_DEPTH):
        raise ValidationFailed(f"The request is nested more than {MAX_DEPTH} deep", code="VALIDATION_ERROR")
    return len(text) + _ROOM_BYTES


def too_large(size: int, limit: int) -> ValidationFailed:
    text = f"The request has {size} bytes, and a message may have {limit}. Upload large data as a dataset."
    return ValidationFailed(text, code="PAYLOAD_TOO_LARGE", details={"limit_bytes": limit})


def _is_deeper_than(value: Any, depth: int) -> bool:
    level: list[Any] = [value]
    for _ in range(depth + 1):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return False
    return True


def _inside(value: Any) -> Iterable[Any]:
    """Return the containers directly in a container, and nothing for other values."""
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return [item for item in items if isinstance(item, dict | list | tuple)]
