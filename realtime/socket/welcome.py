"""The first message to a client: who it is, and what it may."""

from django.conf import settings

from realtime.connections.open_connection import OpenConnection
from realtime.wire.protocol import PROTOCOL, encode


def welcome(connection: OpenConnection) -> str:
    identity = connection.identity
    return encode(
        "welcome",
        connection_id=str(connection.id),
        user_id=identity.user_id,
        tenant_id=identity.tenant_id,
        protocol=PROTOCOL,
        heartbeat_seconds=settings.STREAMER_HEARTBEAT_SECONDS,
        token_expires_in=identity.expires_in,
        limits={
            "frame_bytes": settings.STREAMER_MAX_FRAME_BYTES,
            "frame_containers": settings.STREAMER_MAX_FRAME_CONTAINERS,
            "messages_per_second": settings.STREAMER_MESSAGES_PER_SECOND,
            "message_burst": settings.STREAMER_MESSAGE_BURST,
            "user_messages_per_second": settings.STREAMER_MESSAGES_PER_USER,
            "user_submits_per_second": settings.STREAMER_SUBMITS_PER_USER,
            "user_uploads_per_second": settings.STREAMER_UPLOAD_RATE_PER_USER,
            "running_requests": settings.STREAMER_MAX_RUNNING_PER_USER,
            "waiting_requests": settings.STREAMER_MAX_WAITING_PER_USER,
            "batch_requests": settings.STREAMER_MAX_BATCH_REQUESTS,
            "connections": settings.STREAMER_MAX_CONNECTIONS_PER_USER,
            "topics": settings.STREAMER_MAX_TOPICS_PER_CONNECTION,
            "topic_messages_per_second": settings.STREAMER_TOPIC_MESSAGES_PER_SECOND,
            "topic_message_bytes": settings.STREAMER_TOPIC_MESSAGE_BYTES,
            "credit_events": settings.STREAMER_CREDIT_EVENTS,
            "credit_bytes": settings.STREAMER_CREDIT_BYTES,
        },
    )
