"""Types of actions for TypeScript: interfaces, which make the JavaScript client know the actions."""

import json
from collections.abc import Iterator, Sequence

from streamer_client.typegen.shapes import (
    Action,
    Anything,
    Constants,
    ListOf,
    MapOf,
    Named,
    OneOf,
    Plain,
    Record,
    Shape,
)

_HEAD = """// Types of the actions of a Streamer service. `streamer types` wrote this file: do not edit it.

import "streamer-client";
"""


def write(actions: Sequence[Action]) -> str:
    """Return the text of a module."""
    records = [line for action in actions for record in action.records for line in _record(record)]
    return "\n".join([_HEAD, *records, *_actions(actions)]) + "\n"


def _record(record: Record) -> Iterator[str]:
    yield f"export interface {record.name} {{"
    for field in record.fields:
        if field.description:
            yield f"  /** {field.description.replace('*/', '* /')} */"
        yield f"  {_key(field.name)}{'' if field.is_required else '?'}: {_shape(field.shape)};"
    yield "}"
    yield ""


def _actions(actions: Sequence[Action]) -> Iterator[str]:
    yield 'declare module "streamer-client" {'
    yield "  interface Actions {"
    for action in actions:
        if action.description:
            yield f"    /** {action.description.replace('*/', '* /')} */"
        yield f"    {_key(action.name)}: {{ payload: {_shape(action.payload)}; result: {_shape(action.result)} }};"
    yield "  }"
    yield "}"


def _shape(shape: Shape) -> str:
    match shape:
        case Plain("integer"):
            return "number"
        case Plain(name):
            return name
        case Constants(values):
            return " | ".join(json.dumps(value, ensure_ascii=False) for value in values)
        case ListOf(item):
            return f"Array<{_shape(item)}>"
        case MapOf(value):
            return f"Record<string, {_shape(value)}>"
        case OneOf(options):
            return " | ".join(map(_shape, options))
        case Named(name):
            return name
        case Anything():
            return "unknown"


def _key(name: str) -> str:
    return name if name.isidentifier() and name.isascii() else json.dumps(name)
