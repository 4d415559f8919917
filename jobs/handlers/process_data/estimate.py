"""Estimate the duration of a request without reading its data."""

from jobs.handler import InlineSource
from jobs.handlers.process_data.payload import ProcessPayload

_TINY_ROWS, _TINY_OPERATIONS = 200, 10
_TINY_SECONDS, _INLINE_SECONDS, _UNKNOWN_SECONDS, _LEARNING_SECONDS = 1.0, 6.0, 15.0, 30.0


def estimate_seconds(payload: ProcessPayload) -> float:
    """Estimate the seconds. Only a transformation of a few rows in the payload itself is answered inline.

    A pipeline that learns keeps a core busy that a web process needs. Other sources may hold any number of rows.
    """
    if payload.pipeline != "transformation":
        return _LEARNING_SECONDS
    if not isinstance(payload.data_source, InlineSource):
        return _UNKNOWN_SECONDS
    is_tiny = len(payload.data_source.rows) <= _TINY_ROWS and len(payload.operations) <= _TINY_OPERATIONS
    return _TINY_SECONDS if is_tiny else _INLINE_SECONDS
