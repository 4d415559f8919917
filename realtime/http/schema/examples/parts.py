"""The parts of which several examples are made."""

from typing import Any, Final

from realtime.http.schema.examples.client import ARTIFACT_ID, REQUEST_ID
from realtime.wire.server.shapes import Error, File, RequestState

NOW: Final = 1769817600.25
TITLE: Final = "Report · Jan–Dec 2024 · PDF"
URL: Final = f"/api/artifacts/{ARTIFACT_ID}/?expires=1772409600&signature=k1…"
TOPIC: Final = "tenant.acme.prices"
EXPIRES_AT: Final = "2026-03-02T00:00:00+00:00"
FILE_FACTS: Final[dict[str, Any]] = {
    "artifact_id": ARTIFACT_ID,
    "url": URL,
    "filename": "sample-2024-01-01-2024-12-31.pdf",
    "media_type": "application/pdf",
    "size_bytes": 48_211,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "expires_at": EXPIRES_AT,
}
FILE: Final = File(**FILE_FACTS)
STATE_FACTS: Final[dict[str, Any]] = {
    "request_id": REQUEST_ID,
    "id": "my-1",
    "action": "generate_report",
    "title": TITLE,
    "seq": 2,
    "status": "processing",
    "percentage": 12.4,
    "message": "Reading transactions: 48,210 of 203,114 rows",
    "attempt": 1,
    "created_at": 1769817590.5,
    "started_at": 1769817591.0,
    "finished_at": None,
    "cancel_requested": False,
    "metadata": {},
}
STATE: Final = RequestState(**STATE_FACTS)
NO_ANSWER: Final = Error(code="PROCESSING_FAILED", message="The exchange does not answer.", retryable=True)
