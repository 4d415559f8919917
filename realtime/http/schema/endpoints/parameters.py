"""Parameters and media types that several endpoints have."""

from collections.abc import Mapping
from typing import Any, Final

from realtime.http.schema.declarations import Parameter

CURSOR = Parameter(
    name="cursor", description="The `next_cursor` of the page before.", schema={"type": "string", "maxLength": 200}
)

WAIT: Final = Parameter(
    name="wait",
    description="The seconds for which the answer is held until there is something to tell.",
    schema={"type": "integer", "minimum": 0, "maximum": 60, "default": 0},
)
LAST_ID: Final = Parameter(
    name="Last-Event-ID", where="header", description="Where a stream goes on.", schema={"type": "string"}
)


def limit(*, default: int, most: int) -> Parameter:
    schema = {"type": "integer", "minimum": 1, "maximum": most, "default": default}
    return Parameter(name="limit", description="The most that one page has.", schema=schema)


def after_seq(description: str, *, default: int | None = 0) -> Parameter:
    schema = {"type": "integer", "minimum": 0, "maximum": 999_999_999}
    own = {} if default is None else {"default": default}
    return Parameter(name="after_seq", description=description, schema={**schema, **own})


def or_stream(text: str) -> Mapping[str, Any]:
    """Return the media type of a stream, for an answer that can be one. ``text`` says what its events are."""
    return {"text/event-stream": {"type": "string", "description": f"Server-sent events. {text}"}}
