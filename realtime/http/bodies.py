"""The body of a request, read as JSON."""

from typing import TypeVar

import msgspec
from django.conf import settings
from django.http import HttpRequest

from realtime.http.responses import Refused, invalid
from realtime.wire.protocol import BadMessage, field_fault, require_bounds

T = TypeVar("T")


def read_body(request: HttpRequest, kind: type[T]) -> T:
    """Read the body as ``kind``, or refuse: it is too large, no JSON, nested too deep, or has the wrong fields."""
    try:
        text = request.body.decode()
        require_bounds(
            text,
            longest_bytes=settings.STREAMER_MAX_FRAME_BYTES,
            most_containers=settings.STREAMER_MAX_FRAME_CONTAINERS,
        )
        return msgspec.json.decode(text, type=kind)
    except BadMessage as error:
        raise Refused(error.error) from None
    except RecursionError:
        raise Refused(invalid("The body is nested too deep")) from None
    except msgspec.ValidationError as error:
        raise Refused(field_fault(error)) from None
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise Refused(invalid(f"This is not JSON: {error}")) from None
