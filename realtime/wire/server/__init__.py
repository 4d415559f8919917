"""The messages of the server, field by field: what it sends is tested against them.

The code that sends them builds them by hand, because that is quicker. A type with several shapes has a class for each.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from realtime.wire.server import answers, connection, events, news

_ALL: Final[Sequence[type[Struct]]] = (
    connection.Welcome,
    answers.Response,
    answers.Acknowledgment,
    events.Waiting,
    events.Started,
    events.Progress,
    events.Partial,
    events.Retrying,
    events.Complete,
    answers.Refusal,
    events.Failed,
    events.Cancelled,
    answers.RequestSnapshot,
    news.TrimmedTopic,
    answers.SubscribedRequests,
    answers.SubscribedFeed,
    answers.SubscribedTopic,
    answers.UnsubscribedRequest,
    answers.UnsubscribedTopic,
    answers.RequestList,
    connection.Authenticated,
    connection.TokenExpiring,
    connection.Pong,
    news.FeedMessage,
    news.TopicMessage,
    news.DirectMessage,
    answers.Published,
    news.Presence,
    answers.Extended,
    news.ResultExpiring,
    connection.Goodbye,
)


def _by_type() -> dict[str, Sequence[type[Struct]]]:
    found: dict[str, list[type[Struct]]] = {}
    for shape in _ALL:
        found.setdefault(str(shape.__struct_config__.tag), []).append(shape)
    return {kind: tuple(shapes) for kind, shapes in found.items()}


SERVER_MESSAGES: Final[Mapping[str, Sequence[type[Struct]]]] = _by_type()
"""Type → the shapes that its messages have."""
