"""An example of each shape of the server's messages."""

from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct

from realtime.http.schema.examples.client import ARTIFACT_ID, REQUEST_ID
from realtime.http.schema.examples.parts import (
    EXPIRES_AT,
    FILE,
    FILE_FACTS,
    NO_ANSWER,
    NOW,
    STATE,
    STATE_FACTS,
    TITLE,
    TOPIC,
    URL,
)
from realtime.wire.server import answers, connection, events, news
from realtime.wire.server.shapes import Error, Limits, ResponseMetadata, Subscription

_OWN: dict[str, Any] = {"request_id": REQUEST_ID, "id": "my-1", "timestamp": NOW}
_LIMITS = Limits(
    frame_bytes=1_048_576,
    frame_containers=30_000,
    messages_per_second=100,
    message_burst=200,
    user_messages_per_second=500,
    user_submits_per_second=50,
    user_uploads_per_second=2,
    running_requests=10,
    waiting_requests=100,
    batch_requests=100,
    connections=10,
    topics=100,
    topic_messages_per_second=50,
    topic_message_bytes=32_768,
    credit_events=256,
    credit_bytes=1_048_576,
)

SERVER_EXAMPLES: Final[Sequence[Struct]] = (
    connection.Welcome(
        timestamp=NOW,
        connection_id="0b6c1f0e-8f0e-4a63-9f3c-0c8f3f3f7d11",
        user_id="demo",
        tenant_id="acme",
        protocol="streamer.v1",
        heartbeat_seconds=20,
        token_expires_in=3599.2,
        limits=_LIMITS,
    ),
    connection.Authenticated(timestamp=NOW, token_expires_in=3600),
    connection.TokenExpiring(timestamp=NOW, expires_in=59.8),
    connection.Pong(timestamp=NOW),
    connection.Goodbye(timestamp=NOW, code=4000, reason="drain", reconnect=True, after_ms=412),
    answers.Response(
        timestamp=NOW,
        id="my-3",
        request_id="my-3",
        success=True,
        data={"message": "hello"},
        metadata=ResponseMetadata(seconds=0.0004),
    ),
    answers.Acknowledgment(
        **_OWN,
        status="queued",
        message="The request is queued",
        duplicate=False,
        position=1,
        estimated_seconds=7.0,
        title=TITLE,
    ),
    answers.Refusal(
        timestamp=NOW,
        id="my-4",
        success=False,
        error=Error(
            code="VALIDATION_ERROR",
            message="end_date: Field required",
            retryable=False,
            details={"faults": [{"path": "end_date", "message": "Field required", "type": "missing"}]},
        ),
    ),
    answers.RequestSnapshot(**STATE_FACTS, timestamp=NOW, reason="trimmed"),
    answers.SubscribedRequests(
        timestamp=NOW, requests=[Subscription(request_id=REQUEST_ID, status="processing", last_seq=31)]
    ),
    answers.SubscribedFeed(timestamp=NOW, topic="requests", cursor="2026-01-31T00:00:00.25+00:00", truncated=False),
    answers.SubscribedTopic(timestamp=NOW, topic=TOPIC, last_seq=9),
    answers.UnsubscribedRequest(timestamp=NOW, request_id=REQUEST_ID),
    answers.UnsubscribedTopic(timestamp=NOW, topic=TOPIC),
    answers.RequestList(timestamp=NOW, requests=[STATE], next_cursor=None),
    answers.Published(timestamp=NOW, topic=TOPIC, seq=10),
    answers.Extended(**FILE_FACTS, timestamp=NOW, request_id=REQUEST_ID, latest_expires_at=EXPIRES_AT),
    events.Waiting(**_OWN, ahead=3, position=4, estimated_seconds=7.0, reason="ahead", estimated_start_seconds=14.2),
    events.Started(**_OWN, seq=1, attempt=1),
    events.Progress(
        **_OWN,
        seq=2,
        attempt=1,
        percentage=12.4,
        message="Reading transactions: 48,210 of 203,114 rows",
        metadata={"stage": "querying"},
    ),
    events.Partial(**_OWN, seq=3, attempt=1, data={"records": [{"town": "Lyon"}]}),
    events.Retrying(**_OWN, seq=4, attempt=1, retry_at=NOW + 2, error=NO_ANSWER),
    events.Complete(
        **_OWN, seq=31, attempt=1, success=True, result={"url": URL, "records": 203_114}, artifacts=[FILE], final=True
    ),
    events.Failed(**_OWN, seq=31, attempt=3, success=False, error=NO_ANSWER, final=True),
    events.Cancelled(**_OWN, seq=12, attempt=1, success=False, mode="cooperative", seconds=0.2, final=True),
    news.FeedMessage(timestamp=NOW, topic="requests", cursor="2026-01-31T00:00:01.5+00:00", request=STATE),
    news.TopicMessage(timestamp=NOW, topic=TOPIC, seq=8, data={"gold": 2311.5}),
    news.DirectMessage(timestamp=NOW, data={"notice": "Maintenance at noon"}),
    news.TrimmedTopic(timestamp=NOW, topic=TOPIC, seq=7, first_seq=8, reason="trimmed"),
    news.Presence(timestamp=NOW, topic=TOPIC, joined=["bob"], left=[], present=2),
    news.ResultExpiring(
        timestamp=NOW,
        topic="requests",
        request_id=REQUEST_ID,
        title=TITLE,
        artifact_id=ARTIFACT_ID,
        filename=FILE.filename,
        expires_at=EXPIRES_AT,
    ),
)
