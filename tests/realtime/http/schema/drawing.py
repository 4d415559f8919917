"""Values that fit a JSON Schema, and values that need not."""

import math
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

Schema = Mapping[str, Any]
text = st.text(max_size=12)
any_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)


def fitting(schema: Schema, components: Mapping[str, Schema]) -> st.SearchStrategy[Any]:
    """Draw what the schema allows. Of two choices that exclude each other, a value may fit both."""
    if "$ref" in schema:
        return fitting(components[schema["$ref"].rpartition("/")[2]], components)
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return st.one_of([fitting(choice, components) for choice in choices])
    kind = schema.get("type")
    if kind == "object":
        return _objects(schema, components)
    if kind == "array":
        items = fitting(schema.get("items", {}), components)
        return st.lists(items, min_size=schema.get("minItems", 0), max_size=min(3, schema.get("maxItems", 3)))
    return _scalars(kind, schema)


def _scalars(kind: Any, schema: Schema) -> st.SearchStrategy[Any]:
    if kind == "string" and schema.get("format") == "uuid":
        return st.uuids().map(str)
    if kind == "string":
        least = schema.get("minLength", 0)
        return st.text(min_size=least, max_size=max(least, min(12, schema.get("maxLength", 12))))
    if kind == "integer":
        return st.integers(schema.get("minimum", -(2**31)), schema.get("maximum", 2**31))
    if kind == "number":
        least = schema.get("exclusiveMinimum", schema.get("minimum", -1e6))
        numbers = st.floats(least, schema.get("maximum", 1e6), allow_nan=False)
        return numbers.filter(lambda value: math.isfinite(value) and value != schema.get("exclusiveMinimum"))
    return {"boolean": st.booleans(), "null": st.none()}.get(kind, any_json)


def _objects(schema: Schema, components: Mapping[str, Schema]) -> st.SearchStrategy[Any]:
    fields = {name: fitting(field, components) for name, field in schema.get("properties", {}).items()}
    required = {name: field for name, field in fields.items() if name in schema.get("required", ())}
    optional = {name: field for name, field in fields.items() if name not in required}
    return st.fixed_dictionaries(required, optional=optional)
