"""A client of Streamer: run long work, follow it live, and lose nothing when the network does.

::

    async with Client("https://streamer.example.org", token=token) as client:
        result = await client.run("generate_report", {"start_date": "2024-01-01", "end_date": "2024-12-31"})
"""

from streamer_client.client import Client
from streamer_client.errors import (
    ConnectionStopped,
    NotFound,
    QueueFull,
    RateLimited,
    RequestCancelled,
    RequestFailed,
    StreamerError,
    TransferFailed,
    Unauthorized,
    Unavailable,
    ValidationFailed,
)
from streamer_client.events import (
    Cancelled,
    Completed,
    Event,
    Failed,
    Partial,
    Progress,
    Retrying,
    Snapshot,
    Started,
    TopicEvent,
    TopicMessage,
    TopicPresence,
    TopicSubscribed,
    TopicTrimmed,
    Waiting,
)
from streamer_client.feed import FeedEvent, FeedTruncated, RequestChanged, ResultExpiring
from streamer_client.handle import Handle
from streamer_client.notebook import notebook_bar
from streamer_client.options import OnProgress, RequestOptions
from streamer_client.sync import Client as SyncClient
from streamer_client.tokens import TokenProvider

__version__ = "0.1.0"
__all__ = [
    "Cancelled",
    "Client",
    "Completed",
    "ConnectionStopped",
    "Event",
    "Failed",
    "FeedEvent",
    "FeedTruncated",
    "Handle",
    "NotFound",
    "OnProgress",
    "Partial",
    "Progress",
    "QueueFull",
    "RateLimited",
    "RequestCancelled",
    "RequestChanged",
    "RequestFailed",
    "RequestOptions",
    "ResultExpiring",
    "Retrying",
    "Snapshot",
    "Started",
    "StreamerError",
    "SyncClient",
    "TokenProvider",
    "TopicEvent",
    "TopicMessage",
    "TopicPresence",
    "TopicSubscribed",
    "TopicTrimmed",
    "TransferFailed",
    "Unauthorized",
    "Unavailable",
    "ValidationFailed",
    "Waiting",
    "__version__",
    "notebook_bar",
]
