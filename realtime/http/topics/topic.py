"""``/api/topics/<topic>/``: follow a topic, or publish to it."""

from django.http import HttpRequest, HttpResponseBase

from realtime.auth import Identity
from realtime.http.authenticated import answering
from realtime.http.topics.following import follow
from realtime.http.topics.publishing import publish


@answering("GET", "HEAD", "POST", counts=False)
async def topic(request: HttpRequest, identity: Identity, topic: str) -> HttpResponseBase:
    return await (publish if request.method == "POST" else follow)(request, identity, topic)
