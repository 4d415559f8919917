"""An example of each message of a client, by its type."""

from collections.abc import Mapping
from typing import Any, Final

REQUEST_ID: Final = "5f0c2a9e-6a1d-4c0b-9b57-3d3f4f6f1a20"
ARTIFACT_ID: Final = "9b1d7c44-0f0e-4b53-8a2e-52d5b8a7c001"

CLIENT_EXAMPLES: Final[Mapping[str, Mapping[str, Any]]] = {
    "request": {
        "type": "request",
        "id": "my-1",
        "action": "generate_report",
        "payload": {"start_date": "2024-01-01", "end_date": "2024-12-31"},
    },
    "requests": {
        "type": "requests",
        "requests": [
            {"action": "echo_async", "id": "a", "payload": {"message": 1}},
            {"action": "delay", "id": "b", "payload": {"seconds": 3}},
        ],
    },
    "subscribe": {"type": "subscribe", "requests": [{"request_id": REQUEST_ID, "after_seq": 12}]},
    "unsubscribe": {"type": "unsubscribe", "request_id": REQUEST_ID},
    "publish": {"type": "publish", "topic": "tenant.acme.prices", "data": {"gold": 2311.5}},
    "cancel": {"type": "cancel", "request_id": REQUEST_ID},
    "status": {"type": "status", "request_id": REQUEST_ID},
    "list": {"type": "list", "status": "completed", "limit": 20},
    "authenticate": {"type": "authenticate", "token": "eyJhbGciOi…"},
    "received": {"type": "received", "request_id": REQUEST_ID, "seq": 128},
    "extend": {"type": "extend", "artifact_id": ARTIFACT_ID, "days": 14},
    "regenerate": {"type": "regenerate", "request_id": REQUEST_ID, "id": "my-2"},
    "ping": {"type": "ping"},
}
