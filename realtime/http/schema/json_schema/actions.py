"""JSON Schemas of the payloads and results of actions."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from jobs.contract.base import Handler
from jobs.docstrings import markdown
from realtime.http.schema.json_schema.structs import Schema

PREFIX = "action."
_Mode = Literal["validation", "serialization"]


def action_schemas(handlers: Sequence[Handler[Any]]) -> tuple[dict[str, Schema], dict[str, Schema]]:
    """Return what there is to say about each action, by name, and the components that this refers to."""
    models = list(dict.fromkeys(_models(handlers)))
    found, definitions = models_json_schema(models, ref_template=f"#/components/schemas/{PREFIX}{{model}}")
    components = {f"{PREFIX}{name}": schema for name, schema in definitions.get("$defs", {}).items()}
    for schema in components.values():
        schema.pop("title", None)
        drop_discriminators(schema, lambda mapping: not all(isinstance(target, str) for target in mapping.values()))
    actions = {}
    for handler in handlers:
        result = handler.result_model
        actions[handler.action] = {
            "description": markdown((type(handler).__doc__ or "").partition("\n")[0]),
            "permission": handler.permission,
            "estimated_seconds": handler.estimated_seconds,
            "always_queued": handler.always_queued,
            "payload": found[handler.payload_model, "validation"],
            "result": None if result is None else found[result, "serialization"],
        }
    return actions, components


def drop_discriminators(schema: Any, is_bad: Callable[[Mapping[str, Any]], bool] = lambda mapping: True) -> None:
    """Leave out discriminators with a bad mapping. In OpenAPI, one may name schemas alone, and no other choice."""
    for part in schema.values() if isinstance(schema, dict) else schema:
        if isinstance(part, dict | list):
            drop_discriminators(part, is_bad)
    choice = schema.get("discriminator") if isinstance(schema, dict) else None
    if isinstance(choice, dict) and is_bad(choice.get("mapping", {})):
        del schema["discriminator"]


def _models(handlers: Sequence[Handler[Any]]) -> Iterable[tuple[type[BaseModel], _Mode]]:
    for handler in handlers:
        yield handler.payload_model, "validation"
        if handler.result_model is not None:
            yield handler.result_model, "serialization"
