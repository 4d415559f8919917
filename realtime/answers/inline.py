"""The answers of inline actions, as messages."""

import time
from typing import Any

from msgspec import Raw

from jobs.execution.inline import Answer, run_inline
from jobs.metrics.counters import Histogram
from realtime.answers.router import Route
from realtime.answers.traces import Face, open_message_span
from realtime.auth import Identity
from realtime.wire.messages import Request
from realtime.wire.protocol import encode

_INLINE = Histogram("streamer_inline_seconds", "Time in which an inline action was answered.", "action", "outcome")


async def run(message: Request, chosen: Route, identity: Identity, *, face: Face, header: Any = None) -> Answer:
    """Run the action. Raises ``InlineFailure``. ``header``: the ``traceparent`` of the HTTP request."""
    began, outcome = time.perf_counter(), "failed"
    try:
        with open_message_span(message, identity, face, header) as span, span.current():
            answer = await run_inline(
                chosen.handler,
                chosen.payload,
                tenant_id=identity.tenant_id,
                user_id=identity.user_id,
                fresh=not message.cache,
            )
        outcome = "answered"
    finally:
        _INLINE.observe(time.perf_counter() - began, message.action, outcome)
    return answer


def response(message: Request, chosen: Route, answer: Answer) -> str:
    """Encode the message that answers an inline action."""
    warnings = {"warnings": chosen.warnings} if chosen.warnings else {}
    fields = {**message.place, "data": Raw(answer.encoded), "metadata": {**answer.metadata, **warnings}}
    return encode("response", message.client_id, request_id=message.client_id, success=True, **fields)
