"""``GET /api/actions/``: the actions that a token may use."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from jobs.contract.base import Handler
from jobs.contract.registry import all_handlers, fault_of_example
from jobs.contract.result import result_schema
from jobs.contract.source import source_names
from jobs.data.sources import find_source
from jobs.formatting import format_action
from realtime.auth import Identity
from realtime.http.authenticated import answering
from realtime.http.responses import json_response


@answering("GET", "HEAD")
async def actions(request: HttpRequest, identity: Identity) -> HttpResponse:
    """Answer ``GET /api/actions/``: the actions that this token may use, with JSON Schemas of payloads and results."""
    public = [handler for handler in all_handlers().values() if not handler.internal]
    allowed = [handler for handler in public if identity.may(handler.permission)]
    sources = [source for name in source_names() if (source := find_source(name))]
    listed = [{"name": item.name, "label": item.label, "description": item.description} for item in sources]
    return json_response({"actions": [_action(handler) for handler in allowed], "sources": listed})


def _action(handler: Handler[Any]) -> dict[str, Any]:
    return {
        "action": handler.action,
        "title": format_action(handler.action),
        "description": (type(handler).__doc__ or "").strip().partition("\n")[0],
        "permission": handler.permission,
        "queue": handler.queue,
        "estimated_seconds": handler.estimated_seconds,
        "inline_threshold_seconds": settings.STREAMER_INLINE_THRESHOLD_SECONDS,
        "timeout_seconds": handler.timeout_seconds,
        "schema": handler.payload_model.model_json_schema(),
        "result_schema": result_schema(handler),
        "group": handler.group,
        "listed": handler.listed,
        "examples": _examples(handler),
    }


def _examples(handler: Handler[Any]) -> list[dict[str, Any]]:
    """Return those that this installation can run."""
    return [
        {
            "title": example.title,
            "description": example.description,
            "payload": dict(example.payload),
            "order": example.order,
        }
        for example in handler.examples
        if (example.source is None or example.source in source_names()) and not fault_of_example(handler, example)
    ]
