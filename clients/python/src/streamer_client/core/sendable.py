"""The check that a message can be sent, before it is: the server could not say which one it did not understand."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from streamer_client.errors import ValidationFailed
from streamer_client.events import Message

MAX_DEPTH = 64
_ROOM_BYTES = 64
"""For the ``type`` of the message, which is not in it yet."""


@dataclass(frozen=True, slots=True)
class Size:
    """The part of a message that something takes, or may take."""

    bytes: int
    containers: int
    """Arrays and objects."""

    def __add__(self, other: "Size") -> "Size":
        return Size(self.bytes + other.bytes, self.containers + other.containers)


BATCH = Size(_ROOM_BYTES, 2)
"""The room that a batch takes beside its requests."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one message may have; None while the server has not said so."""

    bytes: int | None = None
    containers: int | None = None

    def allow(self, size: Size) -> bool:
        return not _is_above(size.bytes, self.bytes) and not _is_above(size.containers, self.containers)

    def refusal(self, size: Size) -> ValidationFailed:
        """Return the error for a request of a size that is not allowed."""
        if _is_above(size.bytes, self.bytes):
            told, details = f"{size.bytes} bytes, and a message may have {self.bytes}", {"limit_bytes": self.bytes}
        else:
            told = f"{size.containers} arrays and objects, and a message may have {self.containers}"
            details = {"limit_containers": self.containers}
        text = f"The request has {told}. Upload large data as a dataset."
        return ValidationFailed(text, code="PAYLOAD_TOO_LARGE", details=details)


def size_of(message: Message) -> Size:
    """Return the size of a message. Raises ``ValidationFailed`` for what is no JSON of this protocol."""
    try:
        text = json.dumps(message, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValidationFailed(f"The request is no JSON: {error}", code="VALIDATION_ERROR") from None
    if "\\u0000" in text:
        raise ValidationFailed("The request contains the character NUL", code="VALIDATION_ERROR")
    if "\\ud" in text and _has_half_characters(message):
        text = "The request contains half a character: a surrogate without the other"
        raise ValidationFailed(text, code="VALIDATION_ERROR")
    return Size(len(text) + _ROOM_BYTES, _count_containers(message))


def _is_above(number: int, most: int | None) -> bool:
    return most is not None and number > most


def _has_half_characters(message: Message) -> bool:
    try:
        json.dumps(message, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def _count_containers(message: Message) -> int:
    """Count arrays and objects. Raises ``ValidationFailed`` if they are nested too deep."""
    count = 0
    level: list[Any] = [message]
    for _ in range(MAX_DEPTH):
        count += len(level)
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return count
    raise ValidationFailed(f"The request is nested more than {MAX_DEPTH} deep", code="VALIDATION_ERROR")


def _inside(value: Any) -> Iterable[Any]:
    """Return the containers directly in a container, and nothing for other values."""
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return [item for item in items if isinstance(item, dict | list | tuple)]
