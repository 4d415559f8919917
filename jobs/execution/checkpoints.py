"""What an attempt may leave for the next one: a state, plain JSON of bounded size."""

from typing import Any

import msgspec

from jobs.jsonable import to_json

MOST_BYTES = 64 * 1024


def storable(state: Any) -> Any:
    """A copy of ``state`` as plain JSON.

    Raises ``TypeError`` for what JSON cannot say and ``ValueError`` for more than ``MOST_BYTES`` of it: the row of the
    request is no place for data, so a larger state belongs where the handler keeps its work.
    """
    plain = to_json(state)
    size = len(msgspec.json.encode(plain))
    if size > MOST_BYTES:
        raise ValueError(f"A checkpoint holds at most {MOST_BYTES:,} bytes of JSON; this one has {size:,}")
    return plain
