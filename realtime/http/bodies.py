"""The body of a request, read as JSON."""

from typing import TypeVar

import msgspec
from django.http import HttpRequest

from realtime.http.responses import Refused, invalid
from realtime.wire.protocol import field_fault

T = TypeVar("T")


def read_body(request: HttpRequest, kind: type[T]) -> T:
    """Read the body as ``kind``, or refuse: it is no JSON, is nested too deep, or has the wrong fields."""
    try:
        return msgspec.json.decode(request.body, type=kind)
    except RecursionError:
        raise Refused(invalid("The body is nested too deep")) from None
    except msgspec.ValidationError as error:
        raise Refused(field_fault(error)) from None
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise Refused(invalid(f"This is not JSON: {error}")) from None
