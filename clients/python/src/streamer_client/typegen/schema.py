"""Reading JSON Schemas, as ``GET /api/actions/`` gives them."""

import re
from collections.abc import Mapping
from typing import Any

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

_REF = re.compile(r"#/(?:\$defs|definitions)/(.+)")
Schema = Mapping[str, Any]


def read_action(description: Mapping[str, Any]) -> Action:
    """Read an action: its payload, its result where that is declared, and the records that they are made of."""
    prefix = _class_name(str(description["action"]))
    reader = _Reader(prefix)
    payload_schema = description.get("schema") or {}
    payload = reader.read_root(payload_schema, f"{prefix}Payload")
    result_schema = description.get("result_schema")
    return Action(
        name=str(description["action"]),
        description=str(description.get("description") or ""),
        payload=payload,
        needs_payload=bool(payload_schema.get("required")),
        result=reader.read_root(result_schema, f"{prefix}Result") if result_schema else Anything(),
        records=list(reader.records.values()),
    )


def _class_name(text: str) -> str:
    words = re.findall(r"[A-Za-z0-9]+", text)
    name = "".join(word[0].upper() + word[1:] for word in words)
    return name if name and not name[0].isdigit() else f"Action{name}"


class _Reader:
    """Collects the records of one action. Definitions get the action's name in front, so that none meets another's."""

    def __init__(self, prefix: str) -> None:
        self.records: dict[str, Record] = {}
        self._prefix = prefix
        self._named: dict[str, Shape] = {}

    def read_root(self, schema: Schema, name: str) -> Shape:
        self._named = {}
        definitions = schema.get("$defs") or schema.get("definitions") or {}
        for key, definition in definitions.items():
            # First the names, because definitions may name each other.
            named = self._free_name(f"{self._prefix}{_class_name(key)}")
            self._named[key] = Named(named) if _is_record(definition) else Anything()
        for key, definition in definitions.items():
            target = self._named[key]
            if isinstance(target, Named):
                self._record(target.name, definition)
        for key, definition in definitions.items():
            if not _is_record(definition):
                self._named[key] = self.read(definition, f"{self._prefix}{_class_name(key)}")
        # Now that those which are no records are known, the records that use them are read again.
        for key, definition in definitions.items():
            target = self._named[key]
            if isinstance(target, Named) and _is_record(definition):
                self._record(target.name, definition)
        return self.read(schema, name)

    def read(self, schema: Schema | bool, name: str) -> Shape:
        """Return the shape of a schema. ``name`` is for a record, if it is one."""
        if isinstance(schema, bool) or not schema:
            return Anything()
        if (ref := _REF.fullmatch(str(schema.get("$ref", "")))) is not None:
            return self._named.get(ref[1], Anything())
        if "const" in schema:
            return Constants((schema["const"],))
        if "enum" in schema:
            return Constants(tuple(schema["enum"]))
        if options := schema.get("anyOf") or schema.get("oneOf"):
            return _one_of([self.read(option, f"{name}Option{number}") for number, option in enumerate(options, 1)])
        if len(schema.get("allOf", ())) == 1:
            return self.read(schema["allOf"][0], name)
        return self._of_type(schema, name)

    def _of_type(self, schema: Schema, name: str) -> Shape:
        kind = schema.get("type")
        if isinstance(kind, list):
            return _one_of([self.read({**schema, "type": one}, name) for one in kind])
        match kind:
            case "string" | "integer" | "number" | "boolean" | "null":
                return Plain(kind)
            case "array":
                return ListOf(self.read(schema.get("items", {}), f"{name}Item"))
            case "object" if _is_record(schema):
                self._record(name, schema)
                return Named(name)
            case "object":
                return MapOf(self.read(schema.get("additionalProperties", {}), f"{name}Value"))
        return Anything()

    def _record(self, name: str, schema: Schema) -> None:
        required = schema.get("required", ())
        fields = [
            Field(
                name=key,
                shape=self.read(value, f"{name}{_class_name(key)}"),
                is_required=key in required,
                description=" ".join(str(value.get("description") or "").split()) if isinstance(value, dict) else "",
            )
            for key, value in schema["properties"].items()
        ]
        self.records[name] = Record(name=name, fields=fields)

    def _free_name(self, name: str) -> str:
        """Return the name, or one like it that no definition of the payload has."""
        return name if name not in self.records else f"{name}OfResult"


def _is_record(schema: Any) -> bool:
    """Return True for an object whose fields are known and are all there can be."""
    if not isinstance(schema, Mapping) or not schema.get("properties"):
        return False
    return schema.get("type", "object") == "object" and schema.get("additionalProperties") in (None, False)


def _one_of(options: list[Shape]) -> Shape:
    distinct = tuple(dict.fromkeys(options))
    if any(isinstance(option, Anything) for option in distinct):
        return Anything()
    return distinct[0] if len(distinct) == 1 else OneOf(distinct)
