"""``GET /api/requests/``: the requests that a user may read, the newest first."""

import re
from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest, HttpResponse

from realtime.answers.lists import list_requests
from realtime.answers.refusal import Refusal
from realtime.auth import Identity
from realtime.http.authenticated import whole_number
from realtime.http.responses import Refused, json_response
from realtime.http.sender import Sender
from realtime.wire.messages import List
from realtime.wire.protocol import BadMessage, bad_field, read_as

_MAX_ROWS: Final = 200
_TEXTS: Final = ("status", "action", "tag", "q", "cursor")
_TIMES: Final = ("created_after", "created_before")
_NUMBER: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?")
# In a query, a plus sign that is not escaped stands for a space.
_LOST_PLUS: Final = re.compile(r" ([0-9]{2}:?[0-9]{2})$")


async def list_page(request: HttpRequest, identity: Identity) -> HttpResponse:
    """Answer as to ``list`` on a socket. Empty parameters count as none."""
    Sender(request, identity).take_message()
    try:
        found, cursor = await list_requests(_read(request), identity)
    except Refusal as refusal:
        raise Refused(refusal.error) from None
    return json_response({"requests": found, "next_cursor": cursor})


def _read(request: HttpRequest) -> List:
    fields: dict[str, Any] = {name: value for name in _TEXTS if (value := request.GET.get(name))}
    fields |= {name: _moment(name, value) for name in _TIMES if (value := request.GET.get(name))}
    if request.GET.get("limit"):
        fields["limit"] = whole_number(request, "limit", default=1, least=1, most=_MAX_ROWS)
    try:
        return read_as(List, {"type": "list", **fields})
    except BadMessage as error:
        raise Refused(error.error) from None


def _moment(name: str, text: str) -> float:
    """Return the Unix seconds of a number, or of a time in ISO 8601 with a zone."""
    if _NUMBER.fullmatch(text):
        return float(text)
    try:
        moment = datetime.fromisoformat(_LOST_PLUS.sub(r"+\1", text))
        if moment.tzinfo is not None:
            return moment.timestamp()
    except (ValueError, OverflowError):
        pass
    raise Refused(bad_field(name, "Expected Unix seconds, or a time in ISO 8601 with a zone"))
