"""JSON Schemas of msgspec's structs."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
from msgspec import Struct, inspect

from jobs.docstrings import field_docs, markdown

Schema = dict[str, Any]
REFERENCE = "#/components/schemas/{name}"


def schemas_of(kinds: Sequence[Any]) -> tuple[list[Schema], dict[str, Schema]]:
    """Return a schema for each of the types, and the components that these refer to."""
    schemas, components = msgspec.json.schema_components(kinds, ref_template=REFERENCE)
    for struct in _structs(kinds):
        _describe(components[struct.__name__], struct)
    return list(schemas), dict(sorted(components.items()))


def _describe(schema: Schema, struct: type[Struct]) -> None:
    """Add the docstrings of the fields, and no title, which repeats the name."""
    schema.pop("title", None)
    if "description" in schema:
        schema["description"] = markdown(schema["description"])
    for name, text in field_docs(struct).items():
        if name in schema["properties"]:
            schema["properties"][name]["description"] = text


def _structs(kinds: Sequence[Any]) -> set[type[Struct]]:
    found: set[type[Struct]] = set()
    waiting: list[Any] = list(inspect.multi_type_info(kinds))
    while waiting:
        one = waiting.pop()
        if isinstance(one, inspect.StructType):
            if one.cls in found:
                continue
            found.add(one.cls)
        waiting += _parts(one)
    return found


def _parts(info: inspect.Type) -> Iterator[inspect.Type]:
    """Yield the types inside a type."""
    for field in _members(info):
        values: Iterable[Any] = field if isinstance(field, tuple) else (field,)
        for value in values:
            inner = value.type if isinstance(value, inspect.Field) else value
            if isinstance(inner, inspect.Type):
                yield inner


def _members(info: inspect.Type) -> Iterator[Any]:
    yield from (getattr(info, name) for name in type(info).__struct_fields__)
