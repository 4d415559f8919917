"""The messages of clients, read out of HTTP requests by the rules of the protocol."""

import time
from typing import TypeVar

from django.conf import settings
from django.http import HttpRequest

from jobs.errors import ErrorCode, error_body
from realtime.http.responses import Refused, invalid
from realtime.http.sender import Sender
from realtime.wire.messages import ClientMessage, Request
from realtime.wire.protocol import BadMessage, bad_field, parse

M = TypeVar("M", bound=ClientMessage)
_MAX_KEY_CHARACTERS = 128


def read_message(request: HttpRequest, sender: Sender, kind: type[M]) -> M:
    """Read the body as a message of this type, which it need not name. Raises ``Refused``."""
    sender.take_message(len(request.body))
    begun = time.thread_time()
    try:
        return _read(request.body, kind)
    except BadMessage as error:
        raise Refused(error.error) from None
    finally:
        sender.charge(time.thread_time() - begun)


def _read(body: bytes, kind: type[M]) -> M:
    name = str(kind.__struct_config__.tag)
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise Refused(error_body(ErrorCode.INVALID_MESSAGE, f"The body is not UTF-8: {error.reason}")) from None
    message = parse(
        text,
        longest_bytes=settings.STREAMER_MAX_FRAME_BYTES,
        most_containers=settings.STREAMER_MAX_FRAME_CONTAINERS,
        default_type=name,
    )
    if not isinstance(message, kind):
        raise Refused(error_body(ErrorCode.INVALID_MESSAGE, f"This path takes only messages of the type '{name}'"))
    return message


def read_request(request: HttpRequest, sender: Sender) -> Request:
    """Read a request, whose ``id`` may be in the header ``Idempotency-Key``. Raises ``Refused``."""
    message = read_message(request, sender, Request)
    message.id = idempotency_key(request, message.client_id)
    return message


def idempotency_key(request: HttpRequest, own_id: str | None) -> str | None:
    """Return the key in the header, or the ``id`` of the body. Raises ``Refused`` if they differ."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return own_id
    if not 0 < len(key) <= _MAX_KEY_CHARACTERS or not (key.isascii() and key.isprintable()):
        raise Refused(
            invalid(f"The header Idempotency-Key must have 1 to {_MAX_KEY_CHARACTERS} printable ASCII characters")
        )
    if own_id is not None and own_id != key:
        raise Refused(bad_field("id", "It differs from the header Idempotency-Key"))
    return key
