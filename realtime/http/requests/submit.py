"""``POST /api/requests/``: ask for an action."""

from django.http import HttpRequest, HttpResponse

from jobs.execution.inline import InlineFailure
from jobs.facts import begin_message
from realtime.answers import inline
from realtime.answers.refusal import Refusal
from realtime.answers.router import Mode
from realtime.answers.submissions import work_of
from realtime.auth import Identity
from realtime.http.requests.accepting import accept
from realtime.http.requests.reading import read_request
from realtime.http.requests.routing import choose
from realtime.http.responses import Refused, message_response
from realtime.http.sender import Sender


async def submit(request: HttpRequest, identity: Identity) -> HttpResponse:
    """Run an inline action and answer with its response; store any other request and acknowledge it."""
    sender = Sender(request, identity)
    message = read_request(request, sender)
    begin_message(work_of(message, identity))
    try:
        chosen = choose(message, identity)
        if chosen.mode is Mode.QUEUED:
            return await accept(request, (message, chosen), sender)
        answer = await inline.run(message, chosen, identity, face="http", header=request.headers.get("traceparent"))
    except (Refusal, InlineFailure) as refusal:
        raise Refused(refusal.error) from None
    return message_response(inline.response(message, chosen, answer))
