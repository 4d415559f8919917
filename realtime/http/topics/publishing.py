"""``POST /api/topics/<topic>/``: publish to a topic."""

from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse

from realtime.auth import Identity
from realtime.http.bodies import read_body
from realtime.http.responses import Refused, json_response
from realtime.http.sender import Sender
from realtime.topics.publishing import publish_for
from realtime.topics.refusals import PublishRefused


class _Message(msgspec.Struct):
    data: Any


async def publish(request: HttpRequest, identity: Identity, name: str) -> HttpResponse:
    """Send ``data`` of the body to all who follow the topic."""
    Sender(request, identity).take_message(len(request.body))
    message = read_body(request, _Message)
    try:
        seq = await publish_for(identity, name, message.data)
    except PublishRefused as refused:
        raise Refused(refused.error) from None
    return json_response({"topic": name, **({} if seq is None else {"seq": seq})})
