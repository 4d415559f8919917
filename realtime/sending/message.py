"""The messages that code of the service sends to connections, encoded once for all of them."""

from typing import Any

import msgspec
from django.conf import settings

from jobs.requests.python_api.strict_json import read_json
from realtime.wire.protocol import encode


class InvalidMessage(ValueError):
    """The message is no JSON, or too large. The text says where and why."""


def encode_message(message: Any) -> str:
    """Encode any JSON value as a server message. Raises ``InvalidMessage``."""
    plain, faults = read_json(message)
    if faults:
        where = f" at '{faults[0]['path']}'" if faults[0]["path"] else ""
        raise InvalidMessage(f"A message is JSON, but{where}: {faults[0]['message']}")
    size, limit = len(msgspec.json.encode(plain)), settings.STREAMER_MAX_MESSAGE_BYTES
    if size > limit:
        raise InvalidMessage(f"A message may have {limit:,} bytes of JSON, and this has {size:,}")
    return encode("message", data=plain)
