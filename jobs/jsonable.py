"""Turns the result of a handler into plain JSON that every supported database can store."""

from typing import Any

import msgspec

# PostgreSQL cannot store the character NUL, in any kind of text.
_NUL = b"\\u0000"
MAX_METADATA_BYTES = 16 * 1024
"""The most bytes, as JSON, of the notes that a client gives a request: they come back with each of its states."""
MAX_TAGS = 10
"""The most tags of a request."""
MAX_TAG_CHARACTERS = 64


def to_json(value: Any, *, longest_bytes: int | None = None) -> Any:
    """Return ``value`` as plain JSON data. NaN and infinities become null, dates become RFC 3339 texts.

    Characters that no database can store are replaced or left out. Raises ``TypeError`` for what JSON cannot say, and
    ``ValueError`` above ``longest_bytes``.
    """
    encoded = _encoded(value)
    if longest_bytes is not None and len(encoded) > longest_bytes:
        raise ValueError(f"This may have {longest_bytes:,} bytes of JSON, and has {len(encoded):,}")
    plain = msgspec.json.decode(encoded)
    return _cleaned(plain) if _NUL in encoded else plain


def encode_json(value: Any) -> bytes:
    """Return the text of what ``to_json`` returns."""
    encoded = _encoded(value)
    return msgspec.json.encode(_cleaned(msgspec.json.decode(encoded))) if _NUL in encoded else encoded


def _encoded(value: Any) -> bytes:
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:  # half a surrogate pair, as in the name of a file that is not UTF-8
        return msgspec.json.encode(_cleaned(value))


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
