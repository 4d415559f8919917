"""The answers that each message of a client can have, and what the server sends on its own."""

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from realtime.wire.server import answers, connection, events, news

Shapes = Sequence[type[Struct]]

ANSWERS: Final[Mapping[str, Shapes]] = {
    "request": (answers.Response, answers.Acknowledgment, answers.Refusal),
    "requests": (answers.Response, answers.Acknowledgment, answers.Refusal),
    "subscribe": (answers.SubscribedRequests, answers.SubscribedFeed, answers.SubscribedTopic, answers.Refusal),
    "unsubscribe": (answers.UnsubscribedRequest, answers.UnsubscribedTopic, answers.Refusal),
    "publish": (answers.Published, answers.Refusal),
    "cancel": (answers.RequestSnapshot, answers.Refusal),
    "status": (answers.RequestSnapshot, answers.Refusal),
    "list": (answers.RequestList, answers.Refusal),
    "authenticate": (connection.Authenticated, answers.Refusal),
    "received": (),
    "extend": (answers.Extended, answers.Refusal),
    "regenerate": (answers.Acknowledgment, answers.Refusal),
    "ping": (connection.Pong,),
}
"""Type of the client's message → the shapes of its answer. A rate limit can refuse any message with ``error``."""

UNASKED: Final[Mapping[str, tuple[str, Shapes]]] = {
    "sendConnection": (
        "Tell the client about its connection",
        (connection.Welcome, connection.TokenExpiring, connection.Goodbye, answers.Refusal),
    ),
    "sendRequestMessages": (
        "Tell the client about the requests that it follows",
        (
            events.Waiting,
            events.Started,
            events.Progress,
            events.Partial,
            events.Retrying,
            events.Complete,
            events.Failed,
            events.Cancelled,
            answers.RequestSnapshot,
        ),
    ),
    "sendNews": (
        "Tell the client the news of topics and of the service",
        (
            news.FeedMessage,
            news.ResultExpiring,
            news.TopicMessage,
            news.TrimmedTopic,
            news.Presence,
            answers.UnsubscribedTopic,
            news.DirectMessage,
        ),
    ),
}
"""Operation → what it is, and the shapes of messages that answer nothing."""
