"""Splits a batch of requests. Each is read on its own, so that a mistake in one does not affect the others."""

from collections.abc import Sequence

from jobs.errors import ErrorCode, error_body
from realtime.wire.messages import BatchedRequest, Requests
from realtime.wire.protocol import BadMessage, read_item


def take_apart(message: Requests, *, most: int) -> Sequence[BatchedRequest | BadMessage]:
    """Return the requests of a batch in order, with an error in place of each that is invalid.

    Raises ``BadMessage`` when it is no batch at all: no list, an empty list, or more than ``most`` items.
    """
    items = message.requests
    if not isinstance(items, list) or not 0 < len(items) <= most:
        text = f"'requests' must be a list of 1 to {most} requests"
        raise BadMessage(error_body(ErrorCode.INVALID_MESSAGE, text), message.client_id)
    return [_read(fields, index, message.needs_inspection) for index, fields in enumerate(items)]


def _read(fields: object, index: int, inspect: bool) -> BatchedRequest | BadMessage:
    try:
        return read_item(fields, index, inspect=inspect)
    except BadMessage as error:
        return error
