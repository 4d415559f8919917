"""The options of a request, beside its action and payload."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypedDict

from streamer_client.events import Message, Progress


class RequestOptions(TypedDict, total=False):
    """The options of a request. All may be left out."""

    id: str
    """The idempotency key. With the same ``id`` and payload, the same request is meant, and runs once."""
    tags: Sequence[str]
    priority: int
    """A head start in the queue, in seconds."""
    expires_in: float
    """Seconds after which it is not worth starting any more."""
    metadata: Mapping[str, Any]
    """An object that comes back as it was sent."""
    on_disconnect: Literal["keep", "cancel"]
    """``cancel`` ends the request with its connection."""
    cache: bool
    """False: run it, even if its result is known."""


OnProgress = Callable[[Progress], object]
"""Called with each progress. It may be a coroutine function."""


def request_message(action: str, payload: Mapping[str, object] | None, options: RequestOptions) -> Message:
    """Return the message of a request, without the fields that nobody named."""
    named = {name: value for name, value in options.items() if value is not None}
    if "tags" in named:
        named["tags"] = list(options["tags"])
    return {"action": action, "payload": dict(payload or {}), **named}
