"""The bodies over HTTP, field by field. Messages and what is in them have their structs in ``realtime.wire``."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from realtime.wire.messages import Id, Request
from realtime.wire.server.answers import Acknowledgment, Refusal, RequestSnapshot, Response
from realtime.wire.server.events import Cancelled, Complete, Failed, Partial, Progress, Retrying, Started
from realtime.wire.server.news import FeedMessage, ResultExpiring, TopicMessage, TrimmedTopic
from realtime.wire.server.shapes import Error, File, RequestState

FinalMessage = Complete | Failed | Cancelled
LoggedMessage = Started | Progress | Partial | Retrying | Complete | Failed | Cancelled


class ErrorAnswer(Struct, kw_only=True):
    error: Error


class Credentials(Struct, kw_only=True):
    username: str
    password: str


class SignInCode(Struct, kw_only=True):
    code: str
    """The part of the link behind ``#sign-in=``."""


class RefreshToken(Struct, kw_only=True):
    refresh: str


class TokenPair(Struct, kw_only=True):
    access: str
    """The token for all other endpoints and for the socket."""
    refresh: str
    """It buys the next pair, once."""


class ActionExample(Struct, kw_only=True):
    title: str
    description: str
    payload: dict[str, Any]
    order: int
    """Examples of several actions are sorted by it."""


class Action(Struct, kw_only=True):
    action: str
    title: str
    description: str
    permission: str | None
    """The permission that the token must have; null: none."""
    queue: str
    estimated_seconds: float
    inline_threshold_seconds: float
    """An action is inline up to this estimate."""
    timeout_seconds: float
    schema: dict[str, Any]
    """The JSON Schema of the payload. ``x-form`` says how the form of a field looks; other clients may pass it over."""
    result_schema: dict[str, Any] | None
    """The JSON Schema of the result; null where the handler declares none."""
    group: str
    """The heading to list it under; empty: none."""
    listed: bool
    """False for an action that serves the form of another."""
    examples: list[ActionExample]


class SourceName(Struct, kw_only=True):
    name: str
    label: str
    description: str


class ActionList(Struct, kw_only=True):
    actions: list[Action]
    sources: list[SourceName]
    """The registered sources that payloads may name."""


class RequestDetail(RequestState, kw_only=True):
    payload: dict[str, Any]
    artifacts: list[File]
    """The first 100 files."""
    artifacts_total: int | UnsetType = UNSET
    """The number of all files, where there are more."""


class EventPage(Struct, kw_only=True):
    events: list[LoggedMessage]
    """The next numbered messages, as on the socket."""
    last_seq: int
    """The number of the request's last message."""
    user_id: str | UnsetType = UNSET
    """The owner of the request, if that is somebody else."""


class FilePage(Struct, kw_only=True):
    artifacts: list[File]
    next_cursor: str | None
    """Null on the last page."""


class Days(Struct, kw_only=True):
    days: float
    """From now on; above 0, at most 3650."""


class ExtendedFile(File, kw_only=True):
    request_id: str | None
    """Null for the file of an inline action."""
    latest_expires_at: str
    """The latest end to which it may be extended. RFC 3339."""


class Column(Struct, kw_only=True):
    name: str
    type: str | None
    """DuckDB's type; null where a database does not tell it."""
    nulls: int | UnsetType = UNSET
    """Empty values; only of a dataset."""


class DatasetSummary(Struct, kw_only=True, tag_field="kind", tag="dataset"):
    dataset_id: str
    name: str
    filename: str
    format: str
    rows: int
    columns: list[Column]
    uploaded_bytes: int
    size_bytes: int
    sha256: str
    user_id: str
    """The user who uploaded or made it."""
    notes: list[str]
    """Sentences about repairs and assumptions."""
    created_at: str
    """RFC 3339."""
    expires_at: str | None
    """RFC 3339; null for one that does not expire."""


class Dataset(DatasetSummary, kw_only=True, tag_field="kind", tag="dataset"):
    sample: list[dict[str, Any]]
    """The first 20 rows."""


class SourceSummary(Struct, kw_only=True, tag_field="kind", tag="source"):
    """A source that operators registered."""

    dataset_id: str
    name: str
    label: str
    description: str


class SourceDescription(SourceSummary, kw_only=True, tag_field="kind", tag="source"):
    rows: None
    """Not counted."""
    columns: list[Column]
    sample: list[dict[str, Any]]


class DatasetPage(Struct, kw_only=True):
    datasets: list[DatasetSummary | SourceSummary]
    """Datasets, the newest first, after the registered sources on the first page."""
    next_cursor: str | None
    """Null on the last page."""
    used_bytes: int
    quota_bytes: int
    upload_bytes: int
    """The largest upload that is allowed."""


class TopicData(Struct, kw_only=True):
    data: Any
    """Any JSON value."""


class PublishedTo(Struct, kw_only=True):
    topic: str
    seq: int | UnsetType = UNSET
    """The number of the message in a topic with a history."""


class TopicPage(Struct, kw_only=True):
    messages: list[TopicMessage | TrimmedTopic]
    """The next messages. A ``snapshot`` stands for those that the history has no more."""
    last_seq: int | UnsetType = UNSET
    """The number of the last message of a topic with a history."""


class Liveness(Struct, kw_only=True):
    status: Literal["ok"]


class ServiceFault(Struct, kw_only=True):
    name: str
    """The name of the alert, such as StreamerQueueLag."""
    severity: Literal["page", "ticket"]
    subject: str
    """The name of the part, queue, action, tenant, worker, folder or limit that it is about."""
    text: str
    advice: str
    since: str | None
    """An ISO time."""


class Readiness(Struct, kw_only=True):
    status: Literal["ok", "degraded", "down", "draining"]
    parts: dict[str, bool] | UnsetType = UNSET
    circuits: dict[str, Literal["closed", "open", "half_open"]] | UnsetType = UNSET
    faults: list[ServiceFault] | UnsetType = UNSET
    """The faults of now, for who has the token of the metrics."""


class PartHealth(Struct, kw_only=True):
    """Beside these, a part has numbers of its own, such as ``alive``."""

    ok: bool
    milliseconds: float
    reason: str | UnsetType = UNSET
    """Why it is not well, in one line."""


class HealthDetails(Struct, kw_only=True):
    status: Literal["ok", "degraded", "down", "draining"]
    parts: dict[str, PartHealth]
    queues: dict[str, dict[str, list[str]]] | None
    """The live workers of each queue, by name. Null: Redis does not answer."""
    circuits: dict[str, Literal["closed", "open", "half_open"]]
    versions: dict[str, str | None]
    """Of the libraries, the protocol and the servers. Null: the server does not answer."""
    process: dict[str, str | int]
    """The web process that answers."""


class RequestPage(Struct, kw_only=True):
    requests: list[RequestState]
    next_cursor: str | None
    """Null on the last page."""


class Batch(Struct, kw_only=True):
    requests: Annotated[list[Request], Meta(min_length=1)]
    """At most 100, or what the installation allows."""


class BatchAnswers(Struct, kw_only=True):
    responses: list[Response | Acknowledgment | Refusal]
    """In the order sent; ``index`` is the place of the request."""


class Again(Struct, kw_only=True):
    id: Id | UnsetType = UNSET
    """The idempotency key of the new request."""


class FollowedPage(Struct, kw_only=True):
    events: list[LoggedMessage | RequestSnapshot]
    """The next numbered messages. A ``snapshot`` stands for those that the log has no more."""
    last_seq: int
    """The number of the request's last message."""
    user_id: str | UnsetType = UNSET
    """The owner of the request, if that is somebody else."""


class FeedPage(Struct, kw_only=True):
    messages: list[FeedMessage | ResultExpiring]
    cursor: str
    """The cursor for the next call."""
    truncated: bool
    """True: more requests have changed than are told."""


class TokenLife(Struct, kw_only=True):
    expires_in: Annotated[int, Meta(ge=1, le=7 * 24 * 3600)] = 3600
    """In seconds."""


class RequestToken(Struct, kw_only=True):
    token: str
    """It begins with ``rt_``, and reads this request alone."""
    expires_in: int
    """In seconds."""
    events_url: str
    """The path of the request's messages, with the token in its query."""
