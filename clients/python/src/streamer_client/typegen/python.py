"""Types of actions for Python: TypedDicts, and a client whose calls are checked."""

import keyword
from collections.abc import Iterator, Sequence

from streamer_client.typegen.shapes import (
    Action,
    Anything,
    Constants,
    Field,
    ListOf,
    MapOf,
    Named,
    OneOf,
    Plain,
    Record,
    Shape,
)

_HEAD = '''"""Types of the actions of a Streamer service. `streamer types --python` wrote this file: do not edit it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NotRequired, Protocol, TypedDict, Unpack, overload

from streamer_client import Client, Handle, OnProgress, RequestOptions, SyncClient
from streamer_client.sync import Handle as SyncHandle
'''
_TAIL = '''

def typed(client: Client) -> TypedClient:
    """Return the client as one that knows the actions."""
    return client


def typed_sync(client: SyncClient) -> TypedSyncClient:
    """Return the client as one that knows the actions."""
    return client
'''
_PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}


def write(actions: Sequence[Action]) -> str:
    """Return the text of a module."""
    records = [text for action in actions for record in action.records for text in _record(record)]
    asynchronous = _client("TypedClient", "async def", "Handle", actions)
    blocking = _client("TypedSyncClient", "def", "SyncHandle", actions)
    return "\n".join([_HEAD, *records, *asynchronous, "", *blocking]) + _TAIL


def _record(record: Record) -> Iterator[str]:
    if all(_is_name(field.name) for field in record.fields):
        yield f"\nclass {record.name}(TypedDict):"
        for field in record.fields:
            yield from _field(field)
    else:
        fields = ", ".join(f"{field.name!r}: {_type(field)!r}" for field in record.fields)
        yield f"\n{record.name} = TypedDict({record.name!r}, {{{fields}}})"
    yield ""


def _field(field: Field) -> Iterator[str]:
    yield f"    {field.name}: {_type(field)}"
    if field.description:
        text = field.description.replace("\\", "\\\\").replace('"', "'")
        yield f'    """{text}"""'


def _type(field: Field) -> str:
    text = _shape(field.shape)
    return text if field.is_required else f"NotRequired[{text}]"


def _shape(shape: Shape) -> str:
    match shape:
        case Plain(name):
            return _PLAIN[name]
        case Constants(values):
            return f"Literal[{', '.join(map(repr, values))}]"
        case ListOf(item):
            return f"list[{_shape(item)}]"
        case MapOf(value):
            return f"Mapping[str, {_shape(value)}]"
        case OneOf(options):
            return " | ".join(map(_shape, options))
        case Named(name):
            return name
        case Anything():
            return "Any"


def _client(name: str, define: str, handle: str, actions: Sequence[Action]) -> Iterator[str]:
    yield f"\nclass {name}(Protocol):"
    if not actions:
        yield "    pass"
    for method in ("run", "submit"):
        for action in actions:
            returned = _shape(action.result) if method == "run" else handle
            yield from _method(method, define, action, returned, is_overload=len(actions) > 1)


def _method(method: str, define: str, action: Action, returned: str, *, is_overload: bool) -> Iterator[str]:
    payload = _shape(action.payload)
    given = payload if action.needs_payload else f"{payload} | None = None"
    if is_overload:
        yield "    @overload"
    yield f"    {define} {method}("
    yield "        self,"
    yield f"        action: Literal[{action.name!r}],"
    yield f"        payload: {given},"
    if method == "run":
        yield "        *,"
        yield '        on_progress: OnProgress | Literal["auto"] | None = None,'
    yield "        **options: Unpack[RequestOptions],"
    yield f"    ) -> {returned}: ..."
    yield ""


def _is_name(text: str) -> bool:
    return text.isidentifier() and not keyword.iskeyword(text)
