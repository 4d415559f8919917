"""Stores requests that came over HTTP, and answers with the acknowledgment or with the end."""

import asyncio
import math
import time
from collections.abc import Sequence
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from jobs.requests.submission import Accepted, Submission
from jobs.requests.submission import Refused as NotStored
from realtime.answers.submissions import (
    ACKNOWLEDGED,
    Chosen,
    acknowledgment,
    submission_of,
    with_known_results,
    with_warnings,
)
from realtime.answers.traces import SubmissionSpans
from realtime.http.requests.preferences import preferred_wait
from realtime.http.requests.waiting import EndWait, end_wait
from realtime.http.responses import Refused, message_response
from realtime.http.sender import Sender
from realtime.shared import handover, submission_writer

_MAX_RETRY_SECONDS = 30


async def accept(request: HttpRequest, chosen: Chosen, sender: Sender, *, redo_of: UUID | None = None) -> HttpResponse:
    """Store the request, and wait for its end for as long as the client prefers. Raises ``Refused``.

    ``redo_of``: the request that it does again.
    """
    if error := sender.submits.take(chosen):
        raise Refused(error)
    message, route = chosen
    spans = SubmissionSpans([message], sender.identity, "http", request.headers.get("traceparent"))
    fresh = submission_of(chosen, sender.identity, redo_of=redo_of, trace=spans.trace_of(0))
    (submission,) = await with_known_results([fresh], [chosen])
    seconds = preferred_wait(request)
    with end_wait(sender.identity, seconds) as wait:
        if wait is not None:
            # Followed before the commit, so that not even the first message can be missed.
            await wait.follow_new(submission.request_id, submission.client_id)
        (outcome,) = await store([submission], sender, spans)
        if isinstance(outcome, NotStored):
            raise Refused(outcome.error)
        final = None if wait is None else await _end_of(outcome, submission, wait, seconds)
    if final is None:
        response = message_response(acknowledgment(message, outcome, route.warnings), 202)
        response["Retry-After"] = str(min(_MAX_RETRY_SECONDS, max(1, math.ceil(outcome.estimated_seconds))))
    else:
        response = message_response(with_warnings(final, route.warnings))
        response["Preference-Applied"] = f"wait={seconds}"
    response["Location"] = reverse("request", args=[outcome.request_id])
    return response


async def store(items: Sequence[Submission], sender: Sender, spans: SubmissionSpans) -> Sequence[Accepted | NotStored]:
    """Store all of them in one commit, and end their spans."""
    began = time.perf_counter()
    try:
        outcomes = await asyncio.gather(*map(handover().wrap, submission_writer().submit_all(items)))
    except BaseException as error:
        spans.fail(error)
        raise
    spans.end(items, outcomes)
    ACKNOWLEDGED.observe(time.perf_counter() - began, "http")
    sender.submits.settle(outcomes)
    return outcomes


async def _end_of(outcome: Accepted, submission: Submission, wait: EndWait, seconds: float) -> str | None:
    if outcome.duplicate:
        await wait.follow_earlier(outcome.request_id, submission.client_id)
    return await wait.final_message(seconds)
