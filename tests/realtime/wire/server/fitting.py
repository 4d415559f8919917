"""Holds the server's messages to their declared shapes, in which no field may be unknown."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from realtime.http.schema.json_schema.structs import schemas_of
from realtime.wire.server import SERVER_MESSAGES


def closed(schema: Any) -> Any:
    """Return the schema with a ban on unknown fields, in every object that lists its fields."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: closed(value) for name, value in schema.items()}
    lists_fields = inner.get("type") == "object" and isinstance(inner.get("properties"), dict)
    return {**inner, "additionalProperties": False} if lists_fields else inner


@cache
def _validators() -> Mapping[str, list[Draft202012Validator]]:
    shapes = [shape for shapes in SERVER_MESSAGES.values() for shape in shapes]
    _, components = schemas_of(shapes)
    schemas = closed(components)
    return {
        kind: [
            Draft202012Validator({"$ref": f"#/components/schemas/{shape.__name__}", "components": {"schemas": schemas}})
            for shape in shapes
        ]
        for kind, shapes in SERVER_MESSAGES.items()
    }


def misfits(message: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each shape of the message's type; empty if it has one of them."""
    found = []
    for validator in _validators()[message["type"]]:
        error = best_match(validator.iter_errors(message))
        if error is None:
            return []
        found.append(f"{error.json_path}: {error.message[:300]}")
    return found


def assert_fits(message: Mapping[str, Any]) -> None:
    faults = misfits(message)
    assert not faults, f"{message} has no declared shape: {faults}"


def shapes_of(message: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of the shapes that the message has."""
    for shape, validator in zip(SERVER_MESSAGES[message["type"]], _validators()[message["type"]], strict=True):
        if validator.is_valid(message):
            yield shape.__name__
