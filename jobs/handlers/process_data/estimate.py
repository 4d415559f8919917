"""How long a request will take: an estimate, made without looking at the data."""

from jobs.handler import InlineSource
from jobs.handlers.process_data.payload import ProcessPayload

_TINY_ROWS, _TINY_OPERATIONS = 200, 10
_TINY_SECONDS, _INLINE_SECONDS, _UNKNOWN_SECONDS, _LEARNING_SECONDS = 1.0, 6.0, 15.0, 30.0


def estimate_seconds(payload: ProcessPayload) -> float:
    """Only a transformation of a few rows that are in the payload itself is answered on the spot.

    A learning one keeps a core busy that a web process needs, and other rows may be any number.
    """
    if payload.pipeline != "transformation":
        return _LEARNING_SECONDS
    if not isinstance(payload.data_source, InlineSource):
        return _UNKNOWN_SECONDS
    is_tiny = len(payload.data_source.rows) <= _TINY_ROWS and len(payload.operations) <= _TINY_OPERATIONS
    return _TINY_SECONDS if is_tiny else _INLINE_SECONDS
