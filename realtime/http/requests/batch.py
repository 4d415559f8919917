"""``POST /api/requests/batch/``: many requests at once, each answered as if it had come alone."""

import asyncio
import logging
from collections.abc import Awaitable, Sequence

from django.conf import settings
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse

from jobs.errors import ErrorBody, ErrorCode, error_body
from jobs.execution.inline import InlineFailure
from jobs.incidents import report_unexpected
from jobs.repeats import REPEATS
from jobs.requests.submission import Refused as NotStored
from jobs.requests.writer import Overloaded
from realtime.answers import inline
from realtime.answers.refusal import Refusal
from realtime.answers.router import Mode, Route
from realtime.answers.submissions import Chosen, acknowledgment, submission_of, with_known_results
from realtime.answers.traces import SubmissionSpans
from realtime.auth import Identity
from realtime.http.authenticated import answering
from realtime.http.refused import log_refused_request
from realtime.http.requests.accepting import store
from realtime.http.requests.reading import read_message
from realtime.http.requests.routing import choose
from realtime.http.responses import Refused, message_response, unavailable
from realtime.http.sender import Sender
from realtime.wire.batch import take_apart
from realtime.wire.messages import BatchedRequest, Request, Requests
from realtime.wire.oversized import MAX_BYTES
from realtime.wire.protocol import BadMessage, encode_error, wire_bytes

logger = logging.getLogger(__name__)

Answers = dict[int, str]
"""The place in the batch → the message that answers."""


@answering("POST", counts=False)
async def request_batch(request: HttpRequest, identity: Identity) -> HttpResponse:
    """``POST /api/requests/batch/``: the answers to its requests, in the order sent."""
    sender = Sender(request, identity)
    message = read_message(request, sender, Requests)
    try:
        items = take_apart(message, most=settings.STREAMER_MAX_BATCH_REQUESTS)
    except BadMessage as error:
        raise Refused(error.error) from None
    answers: Answers = {}
    fine: list[tuple[BatchedRequest, Route]] = []
    for index, item in enumerate(items):
        try:
            fine.append(_admit(item, index, sender))
        except BadMessage as error:
            log_refused_request(request, error.error, identity)
            answers[index] = error.answer()
    queued = [pair for pair in fine if pair[1].mode is Mode.QUEUED]
    header = request.headers.get("traceparent")
    works = [_guarded([pair[0]], _run(*pair, identity, header)) for pair in fine if pair[1].mode is Mode.INLINE]
    if queued:
        works.append(_guarded([one for one, _ in queued], _store(queued, sender, header)))
    for some in await asyncio.gather(*works):
        answers |= some
    return message_response(f'{{"responses":[{",".join(_that_fit(answers))}]}}')


def _admit(item: BatchedRequest | BadMessage, index: int, sender: Sender) -> tuple[BatchedRequest, Route]:
    """Route an item. Raises ``BadMessage``. The body as a whole was counted with the first one."""
    if isinstance(item, BadMessage):
        raise item
    try:
        if index:
            sender.take_message()
        return item, choose(item, sender.identity)
    except (Refused, Refusal) as refused:
        raise BadMessage(refused.error, item.client_id, **item.place) from None


async def _guarded(messages: Sequence[BatchedRequest], work: Awaitable[Answers]) -> Answers:
    """Make sure that each message has an answer, whatever error occurs."""
    try:
        return await work
    except (DatabaseError, Overloaded) as error:
        logger.warning("Not answered for now: %s", error, extra=REPEATS)
        body = unavailable()
    except Exception as error:
        body = report_unexpected(logger, "Requests of a batch failed", error)
    return {message.index: _error(message, body) for message in messages}


async def _run(message: BatchedRequest, chosen: Route, identity: Identity, header: str | None) -> Answers:
    try:
        answer = await inline.run(message, chosen, identity, face="http", header=header)
    except InlineFailure as failure:
        return {message.index: _error(message, failure.error)}
    return {message.index: inline.response(message, chosen, answer)}


async def _store(queued: Sequence[tuple[BatchedRequest, Route]], sender: Sender, header: str | None) -> Answers:
    answers: Answers = {}
    admitted: list[tuple[BatchedRequest, Route]] = []
    for message, chosen in queued:
        if error := sender.submits.take((message, chosen)):
            answers[message.index] = _error(message, error)
        else:
            admitted.append((message, chosen))
    pairs: Sequence[Chosen] = admitted
    if pairs:
        spans = SubmissionSpans([message for message, _ in pairs], sender.identity, "http", header)
        fresh = [submission_of(pair, sender.identity, trace=spans.trace_of(place)) for place, pair in enumerate(pairs)]
        outcomes = await store(await with_known_results(fresh, pairs), sender, spans)
        for (message, chosen), outcome in zip(admitted, outcomes, strict=True):
            if isinstance(outcome, NotStored):
                answers[message.index] = _error(message, outcome.error)
            else:
                answers[message.index] = acknowledgment(message, outcome, chosen.warnings)
    return answers


def _error(message: Request, body: ErrorBody) -> str:
    return encode_error(body, message.client_id, **message.place)


def _that_fit(answers: Answers) -> list[str]:
    """List the answers in order. One with which they would be larger than a message may be is an error instead."""
    texts = []
    total = 0
    for index in sorted(answers):
        text = answers[index]
        total += (size := wire_bytes(text))
        if total > MAX_BYTES:
            total -= size
            told = f"The answers of the batch together have more than {MAX_BYTES} bytes; send fewer requests at once"
            body = error_body(ErrorCode.PAYLOAD_TOO_LARGE, told, details={"limit_bytes": MAX_BYTES})
            text = encode_error(body, index=index)
        texts.append(text)
    return texts
