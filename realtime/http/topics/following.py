"""``GET /api/topics/<topic>/``: the messages of a topic, as JSON, after a wait if need be, or as a stream."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from msgspec import Raw

from jobs.paging import first_that_fit
from realtime.answers.topics import fault_of_number
from realtime.auth import Identity
from realtime.database import in_database
from realtime.http.authenticated import whole_number
from realtime.http.responses import Refused, invalid, json_response
from realtime.http.sender import Sender
from realtime.http.streams.long_poll import MAX_WAIT_SECONDS
from realtime.http.streams.response import require_room, respond_with, wants_stream
from realtime.http.streams.server_sent import seq_of
from realtime.http.topics.poll import wait_for_messages
from realtime.http.topics.source import TopicSource
from realtime.http.topics.wanted import Wanted, read_wanted
from realtime.topics.history import last_seq
from realtime.topics.log import TopicLog
from realtime.wire.protocol import wire_bytes

_MAX_MESSAGES: Final = 500


async def follow(request: HttpRequest, identity: Identity, name: str) -> HttpResponseBase:
    """Answer with the messages after ``after_seq``, as many as fit, or as a stream. Without it: with those to come."""
    Sender(request, identity).take_message()
    wanted = await read_wanted(request, identity, name)
    if not wants_stream(request):
        seconds = whole_number(request, "wait", default=0, least=0, most=MAX_WAIT_SECONDS)
        answer = _answer if wanted.has_history else _answer_live
        return await answer(wanted, seconds, may_wait=request.method == "GET")
    if wanted.has_history:
        _require_reached(wanted, await in_database(last_seq, name))
    require_room(identity)
    return respond_with(request, identity, TopicSource(wanted))


async def _answer(wanted: Wanted, seconds: int, *, may_wait: bool) -> HttpResponse:
    page = await in_database(_read, wanted.name, wanted.after_seq)
    _require_reached(wanted, page.last_seq)
    if not seconds or not may_wait or page.texts:
        return _respond(page.texts, last_seq=page.last_seq)
    require_room(wanted.identity)
    texts = await wait_for_messages(wanted, page.last_seq, seconds)
    seqs = [int(seq_of(text.encode()) or 0) for text in texts]
    return _respond(texts, last_seq=max([page.last_seq, *seqs]))


async def _answer_live(wanted: Wanted, seconds: int, *, may_wait: bool) -> HttpResponse:
    if not seconds:
        raise Refused(invalid("This topic has no history to read: give wait, or ask for a stream"))
    if not may_wait:
        return _respond([])
    require_room(wanted.identity)
    return _respond(await wait_for_messages(wanted, None, seconds))


def _respond(texts: Sequence[str], **more: Any) -> HttpResponse:
    return json_response({"messages": [Raw(text.encode()) for text in texts], **more})


def _require_reached(wanted: Wanted, last: int) -> None:
    if (error := fault_of_number(wanted.after_seq, last)) is not None:
        raise Refused(error)


@dataclass(frozen=True)
class _Page:
    texts: Sequence[str]
    last_seq: int


def _read(name: str, after_seq: int | None) -> _Page:
    last = last_seq(name)
    if after_seq is None or after_seq >= last:
        return _Page([], last)
    page = TopicLog(name).read(after_seq + 1, _MAX_MESSAGES)
    texts = first_that_fit([frame.text for frame in page.frames], wire_bytes)
    # More may have been published since the last number was read.
    last = max([last, *(frame.seq for frame in page.frames)])
    return _Page(texts if page.skip is None else [page.skip.text, *texts], last)
