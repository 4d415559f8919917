"""The news of topics, and what the service tells a connection on its own."""

from typing import Any, Literal

from msgspec import UNSET, UnsetType

from realtime.wire.server.base import ServerMessage
from realtime.wire.server.shapes import RequestState


class FeedMessage(ServerMessage, kw_only=True, tag="message"):
    """A request of the user is new, or has changed. For those who follow the topic ``requests``."""

    topic: Literal["requests"]
    cursor: str
    request: RequestState


class TopicMessage(ServerMessage, kw_only=True, tag="message"):
    """A message of a topic of the application."""

    topic: str
    data: Any
    seq: int | UnsetType = UNSET
    """Its number; only in a topic with a history."""


class DirectMessage(ServerMessage, kw_only=True, tag="message"):
    """A message of the service or of an operator to this connection. It answers nothing and is not kept."""

    data: Any


class TrimmedTopic(ServerMessage, kw_only=True, tag="snapshot"):
    """The history of a topic no longer reaches back to the number that the follower asked for."""

    topic: str
    seq: int
    """It stands for all messages up to this one."""
    first_seq: int
    """The first message that the history still has."""
    reason: Literal["trimmed"]


class Presence(ServerMessage, kw_only=True, tag="presence"):
    """Users have come to a topic, or left it."""

    topic: str
    joined: list[str]
    left: list[str]
    present: int
    """The number of those who are there now."""


class ResultExpiring(ServerMessage, kw_only=True, tag="result_expiring"):
    """A file will expire soon. For those who follow the topic ``requests``."""

    topic: Literal["requests"]
    request_id: str | None
    """Null for the file of an inline action."""
    title: str
    """The title of the request; empty where there is none."""
    artifact_id: str
    filename: str
    expires_at: str
    """RFC 3339."""
