"""The checkpoint of an attempt for the next one: plain JSON of bounded size."""

from typing import Any

import msgspec

from jobs.jsonable import to_json

MAX_BYTES = 64 * 1024


def storable(state: Any) -> Any:
    """Copy ``state`` as plain JSON.

    Raises ``TypeError`` for a value that JSON cannot express, and ``ValueError`` above ``MAX_BYTES``. The row of the
    request is no place for data, so a larger state belongs where the handler keeps its work.
    """
    plain = to_json(state)
    size = len(msgspec.json.encode(plain))
    if size > MAX_BYTES:
        raise ValueError(f"A checkpoint holds at most {MAX_BYTES:,} bytes of JSON; this one has {size:,}")
    return plain
