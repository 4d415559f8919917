"""The messages of a topic of the application, typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from streamer_client.events import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicEvent:
    """A message about a topic. One of a type that this client does not know has this class."""

    type: str
    topic: str
    seq: int | None
    """The number of the message in a topic with a history; None for those without a number."""
    timestamp: float
    """Unix seconds; 0 where a long poll does not tell it."""
    raw: Mapping[str, Any]
    """The message as the service sent it, with every field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicSubscribed(TopicEvent):
    """The service lets this client follow. It comes first, and again with each new connection."""

    last_seq: int | None
    """The last number that was given before; None for a topic without a history."""
    presence: tuple[str, ...]
    """The users who follow, at most 1,000; empty without presence."""
    present: int | None
    """Their number; None without presence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicMessage(TopicEvent):
    """Somebody has published this."""

    data: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicTrimmed(TopicEvent):
    """The history does not reach back to the number that was asked for: the messages up to ``seq`` are gone."""

    first_seq: int
    """The number with which the history begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicPresence(TopicEvent):
    """Users have come, or left."""

    joined: tuple[str, ...]
    left: tuple[str, ...]
    present: int


def topic_event_of(message: Message) -> TopicEvent:
    """Return the typed event of a message of a topic. Fields that it lacks get empty values."""
    seq = message.get("seq")
    named: dict[str, Any] = {
        "type": str(message.get("type", "")),
        "topic": str(message.get("topic", "")),
        "seq": seq if isinstance(seq, int) else None,
        "timestamp": float(message.get("timestamp") or 0),
        "raw": message,
    }
    match named["type"]:
        case "message":
            return TopicMessage(**named, data=message.get("data"))
        case "subscribed":
            users = tuple(message.get("presence") or ())
            return TopicSubscribed(
                **named, last_seq=message.get("last_seq"), presence=users, present=message.get("present")
            )
        case "snapshot":
            return TopicTrimmed(**named, first_seq=int(message.get("first_seq") or 0))
        case "presence":
            joined, left = (tuple(message.get(name) or ()) for name in ("joined", "left"))
            return TopicPresence(**named, joined=joined, left=left, present=int(message.get("present") or 0))
    return TopicEvent(**named)
