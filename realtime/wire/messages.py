"""The messages of ``streamer.v1``: those of clients, field by field, and the types of the server's."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from msgspec import Meta, Struct

Id = Annotated[str, Meta(min_length=1, max_length=128)]
Topic = Annotated[str, Meta(min_length=1, max_length=64)]
StatusName = Literal["pending", "processing", "retrying", "completed", "failed", "cancelled"]
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
    action: Annotated[str, Meta(min_length=1, max_length=64)]
    payload: dict[str, Any] = {}
    request_id: Id | None = None
    metadata: dict[str, Any] = {}
    cache: bool = True
    """False: run it, even if a cached result exists."""
    priority: Annotated[int, Meta(ge=0, le=3600)] = 0
    expires_in: Annotated[float, Meta(gt=0, le=7 * 24 * 3600)] | None = None

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
    """A batch of requests. ``realtime.wire.batch`` reads each item on its own."""

    requests: Any = None


class Cursor(Struct):
    """A request to follow, from the message after ``after_seq`` on."""

    request_id: UUID
    after_seq: Seq = 0


class Subscribe(ClientMessage, tag="subscribe"):
    request_id: UUID | None = None
    after_seq: Seq = 0
    requests: Annotated[list[Cursor], Meta(max_length=128)] = []
    topic: Topic | None = None
    cursor: Annotated[str, Meta(max_length=64)] | None = None


class Unsubscribe(ClientMessage, tag="unsubscribe"):
    request_id: UUID | None = None
    topic: Topic | None = None


class Cancel(ClientMessage, tag="cancel"):
    request_id: UUID


class Status(ClientMessage, tag="status"):
    request_id: UUID


class List(ClientMessage, tag="list"):
    status: StatusName | None = None
    action: Annotated[str, Meta(max_length=64)] | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=200)] | None = None


class Authenticate(ClientMessage, tag="authenticate"):
    token: Annotated[str, Meta(min_length=1, max_length=16_384)]


class Received(ClientMessage, tag="received"):
    """The client has the numbered messages of a request up to ``seq``. It gets no answer."""

    request_id: UUID
    seq: Seq


class Extend(ClientMessage, tag="extend"):
    """Keep a file for ``days`` from now on."""

    artifact_id: UUID
    days: Annotated[float, Meta(gt=0, le=3650)]


class Regenerate(ClientMessage, tag="regenerate"):
    """Submit a finished request again. ``id`` is the idempotency key of the new one."""

    request_id: UUID


class Ping(ClientMessage, tag="ping"):
    pass


CLIENT_MESSAGES: Final[Mapping[str, type[ClientMessage]]] = {
    str(kind.__struct_config__.tag): kind
    for kind in (
        Request,
        Requests,
        Subscribe,
        Unsubscribe,
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
SERVER_MESSAGES: Final = (
    "welcome",
    "response",
    "acknowledgment",
    "waiting",
    "started",
    "progress",
    "partial",
    "retrying",
    "complete",
    "error",
    "cancelled",
    "snapshot",
    "subscribed",
    "unsubscribed",
    "requests",
    "authenticated",
    "token_expiring",
    "pong",
    "message",
    "extended",
    "result_expiring",
    "goodbye",
)
