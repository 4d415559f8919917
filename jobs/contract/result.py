"""The declared shape of a handler's result: its base class, its check, and its JSON Schema."""

import logging
from datetime import datetime
from typing import Any
from uuid import UUID

import pydantic
from pydantic import BaseModel, ConfigDict

from jobs.contract.base import Handler
from jobs.docstrings import field_docs, markdown

logger = logging.getLogger(__name__)

_MAX_FAULTS = 5
_told: set[type[Handler[Any]]] = set()
"""The handlers of which a misfit was logged by this process."""


def _describe(schema: dict[str, Any], model: type[BaseModel]) -> None:
    """Add the docstrings of the fields, and tell clients nothing of unknown ones: a later version may add some."""
    schema.pop("additionalProperties", None)
    if "description" in schema:
        schema["description"] = markdown(schema["description"])
    for name, text in field_docs(model).items():
        if name in schema.get("properties", {}):
            schema["properties"][name].setdefault("description", text)


class Result(BaseModel):
    """A base for result models. Types are strict, and a field that the model does not name is a misfit."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, json_schema_extra=_describe)


class FileResult(Result):
    """A file, as ``describe()`` of a saved artifact returns it."""

    artifact_id: UUID
    url: str | None
    """None where no URL of files is installed."""
    filename: str
    media_type: str
    size_bytes: int
    sha256: str
    """In hexadecimal digits."""
    expires_at: datetime


def misfit_of(handler: Handler[Any], encoded: bytes) -> str | None:
    """Return a sentence about each of the first faults of a result, given as JSON; None if it fits."""
    if handler.result_model is None:
        return None
    try:
        handler.result_model.model_validate_json(encoded)
    except pydantic.ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        texts = [f"{'.'.join(map(str, fault['loc'])) or 'the whole'}: {fault['msg']}" for fault in faults[:_MAX_FAULTS]]
        more = f" (and {len(faults) - _MAX_FAULTS} more)" if len(faults) > _MAX_FAULTS else ""
        model = handler.result_model.__name__
        return f"The result of '{handler.action}' does not fit {model}: {'; '.join(texts)}{more}"
    return None


def notice_misfit(handler: Handler[Any], encoded: bytes) -> None:
    """Log a result that does not fit its model, once for each handler and process.

    The request completes all the same. Its work is done, and the user gains nothing when a wrong description of the
    result throws it away. Whoever wrote the handler learns of it, and one line is enough for that.
    """
    if type(handler) in _told or (misfit := misfit_of(handler, encoded)) is None:
        return
    _told.add(type(handler))
    logger.warning("%s. Clients get it as it is", misfit)


def result_schema(handler: Handler[Any]) -> dict[str, Any] | None:
    """Return the JSON Schema of the handler's result; None if it declares none."""
    model = handler.result_model
    return None if model is None else model.model_json_schema(mode="serialization")
