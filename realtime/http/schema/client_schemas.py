"""The schemas of the messages of clients, which leave out what is the server's own."""

from typing import Annotated

from msgspec import Meta, Struct

from realtime.http.schema.json_schema.structs import Schema
from realtime.wire.messages import CLIENT_MESSAGES, ClientMessage, Request


class Requests(ClientMessage, tag="requests"):
    """Ask for many actions at once. Each request has an answer of its own."""

    requests: Annotated[list[Request], Meta(min_length=1)]
    """At most ``limits.batch_requests``."""


CLIENT_SHAPES: dict[str, type[Struct]] = {**CLIENT_MESSAGES, "requests": Requests}
"""Type → the shape of the message, as a client writes it."""


def relax_request(components: dict[str, Schema]) -> None:
    """Let ``type`` be left out of a request, as the reader of messages does."""
    schema = components["Request"]
    schema["required"] = [name for name in schema["required"] if name != "type"]
