"""The answers to messages of the client. ``id`` is that of the message, if it had one."""

from typing import Any, Literal

from msgspec import UNSET, UnsetType

from realtime.wire.server.base import ServerMessage
from realtime.wire.server.shapes import Error, File, RequestState, ResponseMetadata, Subscription, UnknownField


class Response(ServerMessage, kw_only=True, tag="response"):
    """The answer of an inline action."""

    request_id: str | None
    """The client's id of the request, again; null without one."""
    success: Literal[True]
    data: Any
    """The result of the action, or the description of a file where it is large."""
    metadata: ResponseMetadata
    id: str | UnsetType = UNSET
    index: int | UnsetType = UNSET
    """The place in the batch, from 0 on."""


class Acknowledgment(ServerMessage, kw_only=True, tag="acknowledgment"):
    """A queued request is committed: it will end with a final message."""

    request_id: str
    """The server's id of the request."""
    status: Literal["queued"]
    message: str
    duplicate: bool
    """True: the same request was accepted before, and nothing runs twice."""
    position: int
    """The requests that wait in the queue, this one included. 0: it does not wait any more."""
    estimated_seconds: float
    """The seconds that a run takes."""
    title: str
    """A short text that tells the request from others."""
    id: str | UnsetType = UNSET
    index: int | UnsetType = UNSET
    """The place in the batch, from 0 on."""
    warnings: list[UnknownField] | UnsetType = UNSET


class Refusal(ServerMessage, kw_only=True, tag="error"):
    """A message was refused. It names what the message named."""

    success: Literal[False]
    error: Error
    id: str | UnsetType = UNSET
    index: int | UnsetType = UNSET
    """The place in the batch, from 0 on."""
    request_id: str | UnsetType = UNSET
    artifact_id: str | UnsetType = UNSET
    topic: str | UnsetType = UNSET


class RequestSnapshot(RequestState, kw_only=True, tag="snapshot"):
    """The state of a request: an answer, or what stands for messages that the log has no more."""

    timestamp: float
    """Unix seconds, with a fraction."""
    reason: Literal["status", "cancel", "trimmed"]
    """``status`` and ``cancel``: it answers those. ``trimmed``: it stands for all messages up to ``seq``."""


class SubscribedRequests(ServerMessage, kw_only=True, tag="subscribed"):
    """The answer to ``subscribe`` with requests. For a single one, its facts are at the top too."""

    requests: list[Subscription]
    id: str | UnsetType = UNSET
    request_id: str | UnsetType = UNSET
    status: str | UnsetType = UNSET
    last_seq: int | UnsetType = UNSET


class SubscribedFeed(ServerMessage, kw_only=True, tag="subscribed"):
    """The answer to ``subscribe`` with the topic ``requests``."""

    topic: Literal["requests"]
    cursor: str
    """Send the latest one along after a lost connection."""
    truncated: bool
    """True: more requests have changed than are told. ``list`` has the others."""
    id: str | UnsetType = UNSET


class SubscribedTopic(ServerMessage, kw_only=True, tag="subscribed"):
    """The answer to ``subscribe`` with a topic of the application."""

    topic: str
    id: str | UnsetType = UNSET
    last_seq: int | UnsetType = UNSET
    """Only of a topic with a history: the number of its last message."""
    presence: list[str] | UnsetType = UNSET
    """Only of a topic with presence: the users who follow it, at most 1,000."""
    present: int | UnsetType = UNSET
    """The number of these users."""


class UnsubscribedRequest(ServerMessage, kw_only=True, tag="unsubscribed"):
    """The answer to ``unsubscribe`` with a request."""

    request_id: str
    id: str | UnsetType = UNSET


class UnsubscribedTopic(ServerMessage, kw_only=True, tag="unsubscribed"):
    """The answer to ``unsubscribe`` with a topic; or a fresh token may not follow it any more."""

    topic: str
    id: str | UnsetType = UNSET
    reason: Literal["not_allowed"] | UnsetType = UNSET


class RequestList(ServerMessage, kw_only=True, tag="requests"):
    """The answer to ``list``: a page of requests, the newest first."""

    requests: list[RequestState]
    next_cursor: str | None
    """Null on the last page."""
    id: str | UnsetType = UNSET


class Published(ServerMessage, kw_only=True, tag="published"):
    """The answer to ``publish``."""

    topic: str
    id: str | UnsetType = UNSET
    seq: int | UnsetType = UNSET
    """The number of the message in a topic with a history."""


class Extended(File, kw_only=True, tag="extended"):
    """The answer to ``extend``: the file with its new end."""

    timestamp: float
    """Unix seconds, with a fraction."""
    request_id: str | None
    """Null for the file of an inline action."""
    latest_expires_at: str
    """The latest end to which it may be extended. RFC 3339."""
    id: str | UnsetType = UNSET
