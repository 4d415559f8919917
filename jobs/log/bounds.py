"""Bounds of all that the final events of requests hold. Pure.

Servers and clients refuse messages above 4 MiB, so a larger event would keep its request from ever being followed to
its end. What does not fit is left out, and said to be: the end itself is never lost.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from jobs.errors import ErrorBody, clip
from jobs.jsonable import to_json

logger = logging.getLogger(__name__)

MAX_TEXT = 4_000
"""The most characters of the message of an error, and of a message of progress."""
MAX_DETAILS_BYTES = 64 * 1024
"""The most bytes, as JSON, of the details of an error."""
MAX_RECEIPT_BYTES = 64 * 1024
"""The most bytes of a receipt."""
MAX_RESULT_BYTES = 1024 * 1024
"""The most bytes of a result that is no file, however high ``STREAMER_INLINE_RESULT_BYTES`` is."""
MAX_ARTIFACTS = 100
"""The most files that one message describes."""
OMITTED = "omitted"
_MAX_NAMES = 20
_MAX_NAME = 100


def storable_message(message: Any) -> str:
    """Return the text of a message within its bounds, without characters that no database can store."""
    return clip(str(to_json(str(message))), MAX_TEXT)


def storable_error(error: ErrorBody | Mapping[str, Any]) -> dict[str, Any]:
    """Return the error as JSON within its bounds, without details that JSON cannot express."""
    try:
        plain = to_json(error)
    except TypeError:
        plain = to_json({name: value for name, value in error.items() if name != "details"})
    plain["message"] = clip(str(plain["message"]), MAX_TEXT)
    if "details" in plain:
        details = plain["details"]
        plain["details"] = _cut(details if isinstance(details, dict) else {"details": details})
    assert isinstance(plain, dict)
    return plain


def storable_receipt(receipt: Any) -> Any:
    """Return the receipt as JSON. One that is too large, or no JSON, becomes a mark that it was left out."""
    try:
        return to_json(receipt, longest_bytes=MAX_RECEIPT_BYTES)
    except (TypeError, ValueError) as error:
        logger.warning("A receipt is left out: %s", error)
        return {OMITTED: True, "limit_bytes": MAX_RECEIPT_BYTES}


def list_artifacts(artifacts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the fields of a message about files: the first of them, and the number of all where these are more."""
    if not artifacts:
        return {}
    total = {"artifacts_total": len(artifacts)} if len(artifacts) > MAX_ARTIFACTS else {}
    return {"artifacts": list(artifacts[:MAX_ARTIFACTS]), **total}


def _cut(details: dict[str, Any]) -> dict[str, Any]:
    """Cut the longest parts. ``omitted`` says how many entries of each list or object, or characters, are missing."""
    if _size(details) <= MAX_DETAILS_BYTES:
        return details
    room = MAX_DETAILS_BYTES
    kept: dict[str, Any] = {}
    omitted: dict[str, int] = {}
    earlier = details.pop(OMITTED, None)
    # The smallest first: what programs look at is small.
    for name, value in sorted(details.items(), key=_size):
        if (size := _size([name, value])) <= room:
            kept[name], room = value, room - size
            continue
        count = len(value) if isinstance(value, str | list | dict) else 1
        if isinstance(value, list) and len(name) <= _MAX_NAME:
            kept[name] = some = _first_within(value, room)
            room, count = room - _size([name, some]), count - len(some)
        if isinstance(earlier, dict) and isinstance(before := earlier.get(name), int):
            count += before
        if len(omitted) < _MAX_NAMES:
            omitted[clip(name, _MAX_NAME)] = count
    return {**kept, OMITTED: omitted}


def _first_within(items: list[Any], room: int) -> list[Any]:
    for count, item in enumerate(items):
        room -= _size(item) + 1
        if room < 0:
            return items[:count]
    return items


def _size(value: Any) -> int:
    return len(msgspec.json.encode(value))
