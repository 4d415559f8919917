"""The objects inside the server's messages, field by field. Over HTTP they have the same shape."""

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

from realtime.wire.messages import StatusName

WaitReason = Literal[
    "ahead",
    "your_limit",
    "tenant_limit",
    "action_limit",
    "key_limit",
    "queue_limit",
    "tenant_share",
    "paused",
    "retry_at",
    "no_worker",
]


class Error(Struct, kw_only=True):
    """The reason why something was refused, or ended early."""

    code: str
    """One of the error codes. A later version may have more of them."""
    message: str
    """A sentence for people."""
    retryable: bool
    """True: the same message, sent again later, can succeed."""
    details: dict[str, Any] | UnsetType = UNSET
    """Facts for programs, such as ``faults`` of a payload. They differ from code to code."""
    retry_after: float | UnsetType = UNSET
    """The seconds to wait before the next try."""


class UnknownField(Struct, kw_only=True):
    """A field of the payload that the action does not know, and that was left out."""

    path: str
    message: str


class File(Struct, kw_only=True):
    """A file that a request made."""

    artifact_id: str
    url: str | None
    """The signed URL, without a signature for who only reads the tenant's requests."""
    filename: str
    media_type: str
    size_bytes: int
    sha256: str
    """In hexadecimal digits."""
    expires_at: str
    """RFC 3339."""


class Wait(Struct, kw_only=True):
    """The reason why a request waits, and its place in the queue."""

    ahead: int
    """The requests of the same queue that would start earlier if nothing changed."""
    reason: WaitReason | UnsetType = UNSET
    """Left out where it is not known if a worker is there."""
    limit_key: str | UnsetType = UNSET
    """The name of what it waits for; only with the reason ``key_limit``."""


class RequestState(Struct, kw_only=True):
    """The state of a request. Times are Unix seconds."""

    request_id: str
    action: str
    title: str
    """A short text that tells it from other requests. Empty for one of before there were titles: show the action."""
    seq: int
    """The number of its last message."""
    status: StatusName
    percentage: float
    message: str
    attempt: int
    """0 before the first."""
    created_at: float
    started_at: float | None
    finished_at: float | None
    cancel_requested: bool
    metadata: dict[str, Any]
    """The metadata of the request, as the client sent them."""
    tags: list[str] | UnsetType = UNSET
    """The tags of the request."""
    id: str | UnsetType = UNSET
    """The client's id of the request; in the answer to a message, that of the message."""
    retry_at: float | UnsetType = UNSET
    """The time of the next attempt; only with the status ``retrying``."""
    result: Any | UnsetType = UNSET
    """The result of the action, or the description of a file where it is large; only with ``completed``."""
    failed_items: int | UnsetType = UNSET
    """The items that could not be done; only with ``completed``, and left out where there are none."""
    receipt: Any | UnsetType = UNSET
    """The work that was done and stays done; only with ``failed`` and ``cancelled``."""
    error: Error | UnsetType = UNSET
    """Only with ``failed``."""
    cached: Literal[True] | UnsetType = UNSET
    """True: the result is that of an earlier request."""
    cached_from: str | UnsetType = UNSET
    """The earlier request."""
    computed_at: float | UnsetType = UNSET
    """The time when the earlier request ended."""
    waiting: Wait | UnsetType = UNSET
    """Only while it waits, and not in lists."""
    user_id: str | UnsetType = UNSET
    """The owner of the request, if that is somebody else."""
    omitted: list[str] | UnsetType = UNSET
    """The names of what is left out because it is large; only in news of the topic ``requests``."""


class Limits(Struct, kw_only=True):
    """The limits of this installation."""

    frame_bytes: int
    frame_containers: int
    """The most arrays and objects in one frame."""
    messages_per_second: float
    message_burst: int
    user_messages_per_second: float
    user_submits_per_second: float
    user_uploads_per_second: float
    running_requests: int
    waiting_requests: int
    batch_requests: int
    connections: int
    topics: int
    topic_messages_per_second: float
    topic_message_bytes: int
    credit_events: int
    credit_bytes: int


class ResponseMetadata(Struct, kw_only=True):
    """The circumstances of an inline answer."""

    seconds: float
    """The duration of the run."""
    artifacts: list[File] | UnsetType = UNSET
    warnings: list[UnknownField] | UnsetType = UNSET
    failed_items: int | UnsetType = UNSET
    """The items that could not be done; left out where there are none."""
    cached: Literal[True] | UnsetType = UNSET
    """True: the answer is an earlier one."""
    computed_at: float | UnsetType = UNSET
    """The time of the earlier answer, in Unix seconds."""


class Subscription(Struct, kw_only=True):
    """A request of a subscription: its state, or the reason why it is not followed."""

    request_id: str
    status: StatusName | UnsetType = UNSET
    last_seq: int | UnsetType = UNSET
    error: Error | UnsetType = UNSET
