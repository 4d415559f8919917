"""The declarations of all endpoints, one module for each resource."""

from collections.abc import Sequence
from typing import Final

from realtime.http.schema.declarations import Resource
from realtime.http.schema.endpoints.actions import ACTIONS
from realtime.http.schema.endpoints.artifacts import ARTIFACTS
from realtime.http.schema.endpoints.datasets import DATASETS
from realtime.http.schema.endpoints.documents import DOCUMENTS
from realtime.http.schema.endpoints.health import HEALTH
from realtime.http.schema.endpoints.requests import REQUESTS
from realtime.http.schema.endpoints.streams import FEED, SHARED_FILES, SHARED_REQUESTS
from realtime.http.schema.endpoints.submissions import SUBMISSIONS
from realtime.http.schema.endpoints.tokens import TOKENS
from realtime.http.schema.endpoints.topics import TOPICS

RESOURCES: Final[Sequence[Resource]] = (
    TOKENS,
    ACTIONS,
    SUBMISSIONS,
    REQUESTS,
    SHARED_REQUESTS,
    FEED,
    ARTIFACTS,
    SHARED_FILES,
    DATASETS,
    TOPICS,
    HEALTH,
    DOCUMENTS,
)
PAGES: Final = frozenset({"/", "/api/docs/", "/metrics"})
"""The paths that no document describes: pages for people, and what Prometheus reads."""
