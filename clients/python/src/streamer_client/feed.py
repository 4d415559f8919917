"""The news of all requests of the user, typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from streamer_client.events import Message, Snapshot, snapshot_of


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEvent:
    cursor: str | None
    """The place from which ``feed(cursor=…)`` can go on."""
    raw: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestChanged(FeedEvent):
    """A request is new, or has changed."""

    state: Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultExpiring(FeedEvent):
    """A file will be deleted soon."""

    title: str
    """The title of the request that made it; empty where it has none."""
    artifact_id: str
    filename: str
    expires_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedTruncated(FeedEvent):
    """Too much has changed: some requests are left out here. ``list`` has them."""


def feed_event_of(message: Message | None, cursor: str | None) -> FeedEvent:
    """Return the typed event of a message of the feed; None stands for messages that were left out."""
    if message is None:
        return FeedTruncated(cursor=cursor, raw={})
    if message["type"] == "result_expiring":
        names = {name: str(message.get(name, "")) for name in ("title", "artifact_id", "filename", "expires_at")}
        return ResultExpiring(cursor=cursor, raw=message, **names)
    return RequestChanged(cursor=cursor, raw=message, state=snapshot_of(message.get("request") or {}))
