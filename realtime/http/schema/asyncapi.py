"""The AsyncAPI document: the WebSocket, with every message in both directions."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from jobs.contract.base import Handler
from jobs.docstrings import markdown
from realtime.http.schema.client_schemas import CLIENT_SHAPES, relax_request
from realtime.http.schema.codes import close_codes, error_codes
from realtime.http.schema.examples.client import CLIENT_EXAMPLES
from realtime.http.schema.examples.server import SERVER_EXAMPLES
from realtime.http.schema.json_schema.actions import action_schemas, drop_discriminators
from realtime.http.schema.json_schema.structs import Schema, schemas_of
from realtime.http.schema.operations import ANSWERS, UNASKED
from realtime.wire.server import SERVER_MESSAGES
from realtime.wire.versions import SUPPORTED

Document = dict[str, Any]
_CHANNEL: Final = {"$ref": "#/channels/socket"}
_DESCRIPTION: Final = """\
One WebSocket for all work: JSON objects in text frames. `receive` is what a client sends, `send` what the server sends.

Within `streamer.v1`, new fields, message types and codes may come at any time. Ignore what you do not know. A message
of an unknown type that has a `seq` still counts, and one with `final: true` ends its request.
"""
_SECURITY: Final[dict[str, Schema]] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The token in the header `Authorization` of the handshake.",
    },
    "subprotocol": {
        "type": "httpApiKey",
        "in": "header",
        "name": "Sec-WebSocket-Protocol",
        "description": "The token as the subprotocol `bearer.<jwt>`, offered beside the version. The way for browsers.",
    },
}


def build_asyncapi(handlers: Sequence[Handler[Any]], *, mount: str = "/") -> Document:
    """Build the document. ``handlers`` are those that it tells of; ``mount`` is the path of the console."""
    shapes = [*CLIENT_SHAPES.values(), *(shape for shapes in SERVER_MESSAGES.values() for shape in shapes)]
    _, components = schemas_of(shapes)
    relax_request(components)
    actions, of_actions = action_schemas(handlers)
    # A discriminator of AsyncAPI is something else.
    drop_discriminators([components, actions, of_actions])
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Streamer", "version": "1", "description": _DESCRIPTION},
        "defaultContentType": "application/json",
        "servers": {"streamer": _server()},
        "channels": {"socket": _channel(f"{mount}ws/", shapes)},
        "operations": {**_received(), **_sent()},
        "components": {
            "messages": {shape.__name__: _message(shape) for shape in shapes},
            "schemas": {**components, **of_actions},
            "securitySchemes": _SECURITY,
        },
        "x-actions": actions,
        "x-error-codes": error_codes(),
        "x-close-codes": close_codes(),
    }


def _server() -> Schema:
    host = {"default": "localhost:8000", "description": "Host and port, as a browser has them."}
    return {
        "host": "{host}",
        "protocol": "wss",
        "protocolVersion": "13",
        "description": "`ws` where the server speaks plain HTTP.",
        "variables": {"host": host},
        "security": [{"$ref": f"#/components/securitySchemes/{name}"} for name in _SECURITY],
    }


def _channel(address: str, shapes: Iterable[type[Struct]]) -> Schema:
    version = {"type": "string", "description": f"Offer `{SUPPORTED[0]}`, and `bearer.<jwt>` where no header is sent."}
    headers = {"type": "object", "properties": {"Sec-WebSocket-Protocol": version}}
    return {
        "address": address,
        "messages": {shape.__name__: {"$ref": f"#/components/messages/{shape.__name__}"} for shape in shapes},
        "bindings": {"ws": {"method": "GET", "headers": headers, "bindingVersion": "0.1.0"}},
    }


def _received() -> dict[str, Schema]:
    """Describe what a client sends, each type with its answers."""
    operations = {}
    for kind, shape in CLIENT_SHAPES.items():
        one: Schema = {"action": "receive", "channel": _CHANNEL, "messages": _references([shape])}
        one["summary"] = _summary(shape)
        if replies := ANSWERS[kind]:
            one["reply"] = {"channel": _CHANNEL, "messages": _references(replies)}
        operations[f"receive{kind.title()}"] = one
    return operations


def _sent() -> dict[str, Schema]:
    return {
        name: {"action": "send", "channel": _CHANNEL, "messages": _references(shapes), "summary": summary}
        for name, (summary, shapes) in UNASKED.items()
    }


def _references(shapes: Iterable[type[Struct]]) -> list[Schema]:
    return [{"$ref": f"#/channels/socket/messages/{shape.__name__}"} for shape in shapes]


def _message(shape: type[Struct]) -> Schema:
    kind = str(shape.__struct_config__.tag)
    return {
        "name": kind,
        "summary": _summary(shape),
        "contentType": "application/json",
        "payload": {"$ref": f"#/components/schemas/{shape.__name__}"},
        "examples": [{"payload": example} for example in _examples(shape, kind)],
    }


def _examples(shape: type[Struct], kind: str) -> list[Any]:
    if shape in CLIENT_SHAPES.values():
        return [dict(CLIENT_EXAMPLES[kind])]
    return [msgspec.to_builtins(example) for example in SERVER_EXAMPLES if type(example) is shape]


def _summary(shape: type[Struct]) -> str:
    return markdown(shape.__doc__ or "").partition("\n")[0]
