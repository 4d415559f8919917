"""Rewrite legacy payloads of a transformation, and translate the paths of faults.

``{dataset_id, operations, output_format}`` means the pipeline ``transformation`` over that dataset. It is rewritten
before validation. Faults are reported with the paths that the client wrote.
"""

import re
from collections.abc import Mapping
from typing import Any, get_args

from jobs.handler import Fault, Payload
from jobs.handlers.process_data.payload import ProcessPayload
from jobs.handlers.process_data.transformation.operations import Operation
from jobs.handlers.process_data.transformation.operations.transform import AnyTransform

_LEGACY_FIELDS = {
    "dataset_id": "data_source.dataset_id",
    "operations": "options.operations",
    "output_format": "output.format",
}
"""Legacy field → path of the current field."""
_FUNCTIONS = "|".join(
    function
    for model in get_args(get_args(AnyTransform)[0])
    for function in get_args(model.model_fields["function"].annotation)
)
# Pydantic puts the chosen kind into the path of a fault, where the payload has no field.
_KIND_OF_SOURCE = re.compile(r"^data_source\.(dataset|file|query|stream|inline)(?=\.|$)")
_KIND_OF_OPERATION = re.compile(rf"(operations\[\d+\])\.(?:transform(?:\.(?:{_FUNCTIONS}))?|\w+)(?=\.|$)")


def is_legacy(payload: Mapping[str, Any]) -> bool:
    return any(name in payload for name in _LEGACY_FIELDS)


def mixed_spelling_faults(payload: Mapping[str, Any]) -> list[Fault]:
    """Return a fault for each current field in a legacy payload."""
    used = " and ".join(f"'{name}' ('{current}')" for name, current in _LEGACY_FIELDS.items() if name in payload)
    message = f"it cannot be combined with the older fields; write the current ones instead of {used}"
    return [
        {"path": name, "message": message, "type": "mixed_spelling"}
        for name in payload
        if name in ProcessPayload.model_fields
    ]


def operation_faults(payload: Mapping[str, Any]) -> list[Fault]:
    """Return one fault for legacy operations that are not objects, such as bare names."""
    operations = payload.get("operations")
    if isinstance(operations, list) and all(isinstance(operation, Mapping) for operation in operations):
        return []
    if "operations" not in payload:
        return []
    types = ", ".join(sorted(_kinds(Operation)))
    message = f"each operation is an object whose 'type' is one of {types}, with the fields that this type needs"
    return [{"path": "operations", "message": message, "type": "operation_objects"}]


def _kinds(member: Any) -> set[str]:
    """Collect the values of ``type`` in the models of a union."""
    if isinstance(member, type):
        return set(get_args(member.model_fields["type"].annotation)) if issubclass(member, Payload) else set()
    return {kind for part in get_args(member) for kind in _kinds(part)}


def to_current_payload(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Rewrite a legacy payload in current fields. Unknown fields are kept, so that they are reported."""
    current: dict[str, Any] = {
        name: value
        for name, value in payload.items()
        if name not in _LEGACY_FIELDS and name not in ProcessPayload.model_fields
    }
    current["pipeline"] = "transformation"
    current["data_source"] = {"type": "dataset"}
    if "dataset_id" in payload:
        current["data_source"]["dataset_id"] = payload["dataset_id"]
    if "operations" in payload:
        current["options"] = {"operations": payload["operations"]}
    if "output_format" in payload:
        current["output"] = {"format": payload["output_format"]}
    return current


def client_path(path: str, *, legacy: bool) -> str:
    """Return the path in the payload as the client wrote it."""
    path = _KIND_OF_OPERATION.sub(r"\1", _KIND_OF_SOURCE.sub("data_source", path))
    return legacy_path(path) if legacy else path


def legacy_path(path: str) -> str:
    """Return the path in the legacy payload, for a path in the payload it was rewritten to."""
    for name, current in _LEGACY_FIELDS.items():
        if path == current or path.startswith((f"{current}.", f"{current}[")):
            return name + path[len(current) :]
    return path
