"""Sends new events to the followers of a request, and tells followers of its user that it has changed.

These are hints: a lost one costs time, never an event or a state.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
from channels.layers import get_channel_layer

from jobs.circuit import CircuitBreaker
from jobs.log.kept_loop import send_on_kept_loop
from jobs.tracing.attempts import RUNNING

_MAX_KEPT = 1024
breaker = CircuitBreaker("followers will read the log instead", name="followers")


def request_group(request_id: UUID | str) -> str:
    """Name the channel-layer group of a request's followers."""
    return f"request.{request_id}"


@lru_cache(_MAX_KEPT)
def user_group(tenant_id: str, user_id: str) -> str:
    """Name the channel-layer group of those who follow all requests of a user. The name does not show the user."""
    return f"user.{hashlib.sha256(msgspec.json.encode([tenant_id, user_id])).hexdigest()[:40]}"


def publish(request_id: UUID, frames: Sequence[tuple[int, str, bool]], owner: tuple[str, str]) -> None:
    """Send ``(seq, message, final)`` frames to the request's group. The messages are encoded, for every socket alike.

    ``owner`` is tenant and user; their group is told in the same round trip.
    """
    message: dict[str, Any] = {
        "type": "request.events",
        "request_id": str(request_id),
        "frames": frames,
    }
    if RUNNING.attempt is not None and (trace := RUNNING.attempt.for_hint()) is not None:
        message["trace"] = trace
    send_hints([(request_group(request_id), message), _changed(owner, [request_id])])


def publish_changes(changes: Iterable[tuple[tuple[str, str], UUID]]) -> None:
    """Tell each owner (tenant, user) of a change without an event: a new request, or a wish to cancel."""
    by_owner = defaultdict(list)
    for owner, request_id in changes:
        by_owner[owner].append(request_id)
    if by_owner:
        send_hints([_changed(owner, request_ids) for owner, request_ids in by_owner.items()])


def publish_notices(notices: Iterable[tuple[tuple[str, str], UUID]]) -> None:
    """Tell each owner of artifacts that will expire soon."""
    by_owner = defaultdict(list)
    for owner, artifact_id in notices:
        by_owner[owner].append(str(artifact_id))
    if by_owner:
        send_hints(
            [
                (user_group(*owner), {"type": "artifacts.expiring", "artifact_ids": ids})
                for owner, ids in by_owner.items()
            ]
        )


def _changed(owner: tuple[str, str], request_ids: Iterable[UUID]) -> tuple[str, Mapping[str, Any]]:
    return user_group(*owner), {"type": "requests.changed", "request_ids": [str(item) for item in request_ids]}


def send_hints(messages: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
    """Send each message to its group, from any thread. One that cannot be sent is lost, and nothing is raised.

    Without a channel layer nobody follows, so nothing is sent.
    """
    layer = get_channel_layer()
    if layer is None:
        return
    # Any layer has ``group_send``; one that can send from code without an event loop is several times quicker.
    send_now = getattr(layer, "groups_send_now", None)
    breaker.call(lambda: send_now(messages) if send_now else send_on_kept_loop(layer, messages))
