"""The messages about a request or a topic, typed. ``raw`` has each as it came."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

Message = dict[str, Any]
"""One JSON object of the protocol ``streamer.v1``."""
ENDED_STATUSES: Final = frozenset({"completed", "failed", "cancelled"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A message about a request. One of a type that this client does not know has this class."""

    type: str
    request_id: str
    seq: int | None
    """The number of the message in its request; None for those without a number."""
    timestamp: float
    """Unix seconds."""
    raw: Mapping[str, Any]
    """The message as the service sent it, with every field."""

    @property
    def final(self) -> bool:
        """True: this is the last message of the request."""
        return is_final(self.raw)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting(Event):
    """The request has another place in the queue."""

    ahead: int
    """The number of requests that would start before it."""
    reason: str | None
    starts_in_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Started(Event):
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress(Event):
    attempt: int
    percentage: float
    """From 0 to 100."""
    message: str
    metadata: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Partial(Event):
    """An interim result."""

    attempt: int
    data: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrying(Event):
    """An attempt failed, and another follows."""

    attempt: int
    retry_at: float | None
    """Unix seconds."""
    error: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot(Event):
    """The state of a request. Among events, it stands for messages that the log no longer has."""

    action: str
    title: str
    """A short text that tells the request from others. Empty for an old one: see ``name``."""
    status: str
    """``pending``, ``processing``, ``retrying``, ``completed``, ``failed`` or ``cancelled``."""
    percentage: float
    message: str
    tags: tuple[str, ...]
    result: Any
    failed_items: int
    """The items that could not be done, of a request that has completed."""
    error: Mapping[str, Any] | None

    @property
    def name(self) -> str:
        """The title of the request, or its action where there is no title."""
        return self.title or self.action

    @property
    def has_ended(self) -> bool:
        return self.status in ENDED_STATUSES


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed(Event):
    result: Any
    failed_items: int
    """The items that could not be done although the request completed."""
    artifacts: tuple[Mapping[str, Any], ...]
    """Descriptions of the files, each of which ``download`` takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed(Event):
    error: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled(Event):
    mode: str
    """``before_start``, ``cooperative`` or ``killed``."""


def is_final(message: Mapping[str, Any]) -> bool:
    """Return True for the message that ends a request: its final one, or the state that stands for a trimmed log."""
    if message.get("type") == "response":
        return True
    if message.get("type") == "snapshot":
        return message.get("reason") == "trimmed" and message.get("status") in ENDED_STATUSES
    return message.get("final") is True


def snapshot_of(message: Mapping[str, Any]) -> Snapshot:
    """Return the state of a request, wherever it was found."""
    event = event_of({**message, "type": "snapshot"})
    assert isinstance(event, Snapshot)
    return event


def event_of(message: Mapping[str, Any]) -> Event:
    """Return the typed event of a message. Fields that it lacks get empty values."""
    kind, fields = _KINDS.get(str(message.get("type")), (Event, _nothing))
    seq = message.get("seq")
    return kind(
        type=str(message.get("type", "")),
        request_id=str(message.get("request_id", "")),
        seq=seq if isinstance(seq, int) else None,
        timestamp=float(message.get("timestamp") or 0),
        raw=message,
        **fields(message),
    )


def _nothing(_message: Mapping[str, Any]) -> dict[str, Any]:
    return {}


def _attempt(message: Mapping[str, Any]) -> dict[str, Any]:
    return {"attempt": int(message.get("attempt") or 0)}


def _waiting(message: Mapping[str, Any]) -> dict[str, Any]:
    starts = message.get("estimated_start_seconds")
    return {"ahead": int(message.get("ahead") or 0), "reason": message.get("reason"), "starts_in_seconds": starts}


def _position(message: Mapping[str, Any]) -> dict[str, Any]:
    return {"percentage": float(message.get("percentage") or 0), "message": str(message.get("message") or "")}


def _progress(message: Mapping[str, Any]) -> dict[str, Any]:
    return {**_attempt(message), **_position(message), "metadata": message.get("metadata") or {}}


def _retrying(message: Mapping[str, Any]) -> dict[str, Any]:
    return {**_attempt(message), "retry_at": message.get("retry_at"), "error": message.get("error") or {}}


def _snapshot(message: Mapping[str, Any]) -> dict[str, Any]:
    ended = {"result": message.get("result"), "error": message.get("error")}
    names = {name: str(message.get(name) or "") for name in ("action", "title", "status")}
    return {**_position(message), **ended, **names, **_failures(message), "tags": tuple(message.get("tags") or ())}


def _completed(message: Mapping[str, Any]) -> dict[str, Any]:
    inline = message.get("type") == "response"
    files = (message.get("metadata") or {}).get("artifacts") if inline else message.get("artifacts")
    failures = _failures(message.get("metadata") or {} if inline else message)
    return {"result": message.get("data" if inline else "result"), **failures, "artifacts": tuple(files or ())}


def _failures(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {"failed_items": int(facts.get("failed_items") or 0)}


_KINDS: Mapping[str, tuple[type[Event], Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    "waiting": (Waiting, _waiting),
    "started": (Started, _attempt),
    "progress": (Progress, _progress),
    "partial": (Partial, lambda message: {**_attempt(message), "data": message.get("data")}),
    "retrying": (Retrying, _retrying),
    "snapshot": (Snapshot, _snapshot),
    "complete": (Completed, _completed),
    "response": (Completed, _completed),
    "error": (Failed, lambda message: {"error": message.get("error") or {}}),
    "cancelled": (Cancelled, lambda message: {"mode": str(message.get("mode", ""))}),
}


# --- topics of the application ----------------------------------------------------------------------------------------


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
