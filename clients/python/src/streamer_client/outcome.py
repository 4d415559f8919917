"""The end of a request, as a value or as an exception."""

from collections.abc import Mapping
from typing import Any

from streamer_client.errors import RequestCancelled, failure


def result_of(final: Mapping[str, Any]) -> Any:
    """Return the result that a final message has. Raises ``RequestFailed`` or ``RequestCancelled``."""
    kind = final.get("type")
    if kind == "complete":
        return final.get("result")
    if kind == "cancelled":
        raise _cancelled(final)
    if kind == "snapshot":
        return _result_of_state(final)
    if kind == "response" and final.get("success") is not False:
        return final.get("data")
    raise failure(final.get("error") or {"message": "The request failed"})


def _result_of_state(state: Mapping[str, Any]) -> Any:
    if state.get("status") == "completed":
        return state.get("result")
    if state.get("status") == "cancelled":
        raise _cancelled(state)
    raise failure(state.get("error") or {"message": "The request failed"})


def _cancelled(final: Mapping[str, Any]) -> RequestCancelled:
    details = {name: final[name] for name in ("mode", "seconds", "receipt") if name in final}
    return RequestCancelled("The request was cancelled", code="CANCELLED", details=details)
