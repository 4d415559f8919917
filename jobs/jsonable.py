"""Turns the result of a handler into plain JSON that every supported database can store."""

from typing import Any

import msgspec


def to_json(value: Any) -> Any:
    """Return ``value`` as plain JSON data. NaN and infinities become null, dates become RFC 3339 texts.

    Characters that no database can store are replaced or left out. Raises ``TypeError`` for what JSON cannot say.
    """
    try:
        encoded = msgspec.json.encode(value)
    except UnicodeEncodeError:  # half a surrogate pair, as in the name of a file that is not UTF-8
        encoded = msgspec.json.encode(_cleaned(value))
    plain = msgspec.json.decode(encoded)
    # PostgreSQL cannot store the character NUL, in any kind of text.
    return _cleaned(plain) if b"\\u0000" in encoded else plain


def has_nul(value: Any) -> bool:
    """Return True if any text inside holds the character NUL."""
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any(has_nul(key) or has_nul(item) for key, item in value.items())
    return isinstance(value, list) and any(has_nul(item) for item in value)


def is_storable(text: str) -> bool:
    """Return True if every database can store the text: it has neither NUL nor half a surrogate pair."""
    return "\x00" not in text and text.encode("utf-8", "ignore").decode() == text


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_cleaned(key): _cleaned(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(item) for item in value]
    return value
