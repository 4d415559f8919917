"""The messages of clients in ``streamer.v1``, field by field. ``realtime.wire.server`` has those of the server."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from msgspec import Meta, Struct

from jobs.jsonable import MAX_TAG_CHARACTERS, MAX_TAGS

Id = Annotated[str, Meta(min_length=1, max_length=128)]
Topic = Annotated[str, Meta(min_length=1, max_length=255)]
StatusName = Literal["pending", "processing", "retrying", "completed", "failed", "cancelled"]
Tag = Annotated[str, Meta(min_length=1, max_length=MAX_TAG_CHARACTERS)]
UnixSeconds = Annotated[float, Meta(ge=0, le=253_402_300_799)]
"""A moment up to the year 9999."""
Seq = Annotated[int, Meta(ge=0, le=2**31 - 1)]


class ClientMessage(Struct, kw_only=True):
    """The base of all client messages. Unknown fields are ignored. ``id`` is echoed in the answer."""

    id: Id | None = None

    @property
    def client_id(self) -> str | None:
        """The client's id of this message."""
        return self.id

    @property
    def place(self) -> dict[str, int]:
        """The fields of an answer that give the place in a batch; empty for a single message."""
        return {}


class Request(ClientMessage, tag="request"):
    """Ask for an action. ``id`` is also the idempotency key."""

    action: Annotated[str, Meta(min_length=1, max_length=64)]
    """The name of the action."""
    payload: dict[str, Any] = {}
    request_id: Id | None = None
    metadata: dict[str, Any] = {}
    tags: Annotated[list[Tag], Meta(max_length=MAX_TAGS)] = []
    cache: bool = True
    """False: run it, even if a cached result exists."""
    priority: Annotated[int, Meta(ge=0, le=3600)] = 0
    """A head start in the queue, in seconds."""
    expires_in: Annotated[float, Meta(gt=0, le=7 * 24 * 3600)] | None = None
    """The seconds in which it must have started. None: it waits for ever."""
    on_disconnect: Literal["keep", "cancel"] = "keep"
    """``cancel``: it ends with the connection over which it came."""

    @property
    def client_id(self) -> str | None:
        return self.id if self.id is not None else self.request_id


class BatchedRequest(Request, tag="request"):
    """One request of a batch."""

    index: int = 0
    """Its place in the batch, from 0; never taken from the client."""

    @property
    def place(self) -> dict[str, int]:
        return {"index": self.index}


class Requests(ClientMessage, tag="requests"):
    """Ask for many actions at once. ``realtime.wire.batch`` reads each item on its own."""

    requests: Any = None
    needs_inspection: bool = True
    """False: no item can be nested too deep or contain NUL. The reader of the text sets it, never the client."""


class Cursor(Struct):
    """A request to follow, from the message after ``after_seq`` on."""

    request_id: UUID
    after_seq: Seq = 0


class Subscribe(ClientMessage, tag="subscribe"):
    """Follow requests, or a topic."""

    request_id: UUID | None = None
    after_seq: Seq | None = None
    """None: of a request all of it, of a topic what comes from now on."""
    requests: Annotated[list[Cursor], Meta(max_length=128)] = []
    topic: Topic | None = None
    cursor: Annotated[str, Meta(max_length=64)] | None = None
    """The latest cursor that the client has of the topic ``requests``."""
    tag: Tag | None = None
    """Of the topic ``requests``, only news of requests that have this tag."""


class Unsubscribe(ClientMessage, tag="unsubscribe"):
    """Follow a request, or a topic, no longer."""

    request_id: UUID | None = None
    topic: Topic | None = None


class Publish(ClientMessage, tag="publish"):
    """Send ``data``, any JSON, to all who follow the topic."""

    topic: Topic
    data: Any


class Cancel(ClientMessage, tag="cancel"):
    """Ask for a request to be stopped."""

    request_id: UUID


class Status(ClientMessage, tag="status"):
    """Ask for the state of a request."""

    request_id: UUID


class List(ClientMessage, tag="list"):
    """Ask for the requests that the user may read, the newest first."""

    status: StatusName | None = None
    action: Annotated[str, Meta(max_length=64)] | None = None
    tag: Tag | None = None
    q: Annotated[str, Meta(max_length=200)] | None = None
    """Words that title, action, tags or id have."""
    created_after: UnixSeconds | None = None
    """The first moment that counts."""
    created_before: UnixSeconds | None = None
    """The first moment that no longer counts."""
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=200)] | None = None


class Authenticate(ClientMessage, tag="authenticate"):
    """Replace the token of this connection by another of the same user and tenant."""

    token: Annotated[str, Meta(min_length=1, max_length=16_384)]


class Received(ClientMessage, tag="received"):
    """The client has the numbered messages of a request or a topic up to ``seq``. It gets no answer."""

    seq: Seq
    request_id: UUID | None = None
    topic: Topic | None = None


class Extend(ClientMessage, tag="extend"):
    """Keep a file for ``days`` from now on."""

    artifact_id: UUID
    days: Annotated[float, Meta(gt=0, le=3650)]


class Regenerate(ClientMessage, tag="regenerate"):
    """Submit a finished request again. ``id`` is the idempotency key of the new one."""

    request_id: UUID


class Ping(ClientMessage, tag="ping"):
    """Ask for ``pong``."""


CLIENT_MESSAGES: Final[Mapping[str, type[ClientMessage]]] = {
    str(kind.__struct_config__.tag): kind
    for kind in (
        Request,
        Requests,
        Subscribe,
        Unsubscribe,
        Publish,
        Cancel,
        Status,
        List,
        Authenticate,
        Received,
        Extend,
        Regenerate,
        Ping,
    )
}
