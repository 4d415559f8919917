"""The codes of errors and of closes, as data."""

from typing import Any

from jobs.docstrings import field_docs
from jobs.errors import ErrorCode
from realtime.http.responses import status_of
from realtime.wire.close_codes import CloseCode


def error_codes() -> list[dict[str, Any]]:
    """List the error codes. ``retryable`` is null where each error says it for itself."""
    docs = field_docs(ErrorCode)
    return [
        {
            "code": code.value,
            "description": docs[code.name],
            "retryable": None if code is ErrorCode.PROCESSING_FAILED else code.retryable,
            "http_status": status_of(code),
        }
        for code in ErrorCode
    ]


def close_codes() -> list[dict[str, Any]]:
    docs = field_docs(CloseCode)
    return [
        {
            "code": int(code),
            "name": code.name,
            "reason": code.reason,
            "description": docs[code.name],
            "reconnect": code.reconnect,
            "cancels_requests": code.cancels,
        }
        for code in CloseCode
    ]
