"""Keep a result small enough to be sent as it is: of long lists it has the first entries that fit."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any, TypeVar

import msgspec

Value = TypeVar("Value")
MARGIN_BYTES = 256
"""The room for what is around and between the parts of a result."""


def json_size(value: Any) -> int:
    """Return the size as JSON, in bytes."""
    return len(msgspec.json.encode(value, enc_hook=str))


def those_that_fit(values: Sequence[Value], room: int) -> list[Value]:
    """Return the first values that take at most ``room`` bytes together."""
    sizes = accumulate(json_size(value) + 1 for value in values)
    return [value for value, size in zip(values, sizes, strict=True) if size <= room]


def fitting_notes(notes: Sequence[str], room: int) -> list[str]:
    """Return the first notes that take at most ``room`` bytes together, and one that counts the others."""
    first = those_that_fit(notes, room)
    return (
        first
        if len(first) == len(notes)
        else [*first, f"The result has no room for {len(notes) - len(first):,} more notes."]
    )
