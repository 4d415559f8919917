"""``GET /api/feed/``: news of all requests of one's own, as a stream or by long polls."""

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from msgspec import Raw

from jobs.jsonable import MAX_TAG_CHARACTERS
from realtime.auth import Identity
from realtime.delivery.feed import TOPIC, FeedFollower, read_cursor
from realtime.http.authenticated import answering, whole_number
from realtime.http.responses import Refused, invalid, json_response
from realtime.http.streams.feed_poll import wait_for_news
from realtime.http.streams.long_poll import MAX_WAIT_SECONDS
from realtime.http.streams.response import require_room, respond_with, wants_stream
from realtime.http.streams.server_sent import cursor_of
from realtime.http.streams.stream import EventStream
from realtime.shared import feed
from realtime.wire.protocol import bad_field, encode


@answering("GET", "HEAD")
async def user_feed(request: HttpRequest, identity: Identity) -> HttpResponseBase:
    """``GET /api/feed/?tag=&cursor=&wait=``: the new states of requests since the cursor, or from now on."""
    cursor = request.GET.get("cursor")
    if not wants_stream(request):
        return await _answer(request, identity, cursor)
    since = _since(request.headers.get("Last-Event-ID") or cursor)
    require_room(identity)
    return respond_with(request, identity, FeedSource(identity, since, _tag(request)))


async def _answer(request: HttpRequest, identity: Identity, cursor: str | None) -> HttpResponse:
    seconds = whole_number(request, "wait", default=0, least=0, most=MAX_WAIT_SECONDS)
    since, tag = _since(cursor), _tag(request)
    require_room(identity)
    news = await wait_for_news(identity, since, _moment(cursor), seconds if request.method == "GET" else 0, tag)
    messages = [Raw(text.encode()) for text in news.texts]
    return json_response({"messages": messages, "cursor": news.cursor, "truncated": news.truncated})


class FeedSource:
    """The source of a stream that follows the feed of a user, and first what has changed since a moment."""

    def __init__(self, identity: Identity, since: datetime | None, tag: str | None) -> None:
        self._owner = (identity.tenant_id, identity.user_id)
        self._since = since
        self._tag = tag
        self._follower: FeedFollower | None = None

    def id_of(self, message: bytes, /) -> str | None:
        return cursor_of(message)

    async def begin(self, stream: EventStream) -> None:
        def answer(cursor: str, truncated: bool) -> None:
            stream.push(encode("subscribed", topic=TOPIC, cursor=cursor, truncated=truncated))

        self._follower = FeedFollower(self._owner, stream.push, self._tag)
        await feed().open(self._follower, self._since, answer)

    def go_on(self) -> None:
        """Do nothing: the feed keeps nothing back. A stream that is never read ends at its limit of bytes."""

    def end(self) -> None:
        if self._follower is not None:
            feed().close(self._follower)


def _tag(request: HttpRequest) -> str | None:
    """Return the tag of the requests that are wanted. None, as an empty parameter: all of them."""
    tag = request.GET.get("tag") or None
    if tag is not None and len(tag) > MAX_TAG_CHARACTERS:
        raise Refused(bad_field("tag", f"Expected at most {MAX_TAG_CHARACTERS} characters"))
    return tag


def _since(cursor: str | None) -> datetime | None:
    try:
        return None if cursor is None else read_cursor(cursor)
    except ValueError as error:
        raise Refused(invalid(f"cursor: {error}")) from None


def _moment(cursor: str | None) -> datetime | None:
    """Return the moment at which a good cursor was given."""
    return None if cursor is None else datetime.fromisoformat(cursor).astimezone(UTC)
