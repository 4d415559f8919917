"""The OpenAPI document, made of the declarations of all endpoints that the installation serves."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from jobs.contract.base import Handler
from realtime.http.schema.answers import answers_of
from realtime.http.schema.bodies import ErrorAnswer
from realtime.http.schema.client_schemas import relax_request
from realtime.http.schema.codes import error_codes
from realtime.http.schema.declarations import Endpoint, Operation, Parameter, Resource, Security
from realtime.http.schema.endpoints import RESOURCES
from realtime.http.schema.json_schema.actions import action_schemas
from realtime.http.schema.json_schema.structs import Schema, schemas_of
from realtime.http.schema.kinds import SchemaOf, kinds_of
from realtime.http.schema.routes import served_endpoints, served_paths

Document = dict[str, Any]
_DESCRIPTION: Final = """\
Work that takes longer than a web request should, with live progress. Every message and every error has the same shape
here as on the WebSocket, which the AsyncAPI document describes. What answers GET answers HEAD too.

Within `streamer.v1`, new fields, message types, codes and endpoints may come at any time. Ignore what you do not know.
"""
_CONVERTERS: Final[Mapping[str, Schema]] = {"uuid": {"type": "string", "format": "uuid"}}
_SECURITY: Final[Mapping[Security, Sequence[Mapping[str, Sequence[str]]]]] = {
    "token": [{"bearer": []}],
    "none": [],
    "signature": [{"bearer": []}, {"signature": []}],
    "request_token": [{"bearer": []}, {"request_token": []}],
    "signature_or_request_token": [{"bearer": []}, {"signature": []}, {"request_token": []}],
    "session": [{"bearer": []}, {"session": []}, {}],
    "operator": [{"metrics_token": []}, {"session": []}],
}
_SCHEMES: Final[Mapping[str, Schema]] = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "The token of a user."},
    "metrics_token": {"type": "http", "scheme": "bearer", "description": "The operator's `STREAMER_METRICS_TOKEN`."},
    "signature": {
        "type": "apiKey",
        "in": "query",
        "name": "signature",
        "description": "The signed URL of a file, which has `expires` too.",
    },
    "request_token": {
        "type": "apiKey",
        "in": "query",
        "name": "token",
        "description": "A token for one request alone. It begins with `rt_`.",
    },
    "session": {"type": "apiKey", "in": "cookie", "name": "sessionid", "description": "The session of a staff member."},
}


def build_openapi(handlers: Sequence[Handler[Any]], *, mount: str = "/") -> Document:
    """Build the document. ``handlers`` are those that it tells of; ``mount`` is the path of the console."""
    endpoints = served_endpoints(RESOURCES)
    operations = [one for _, endpoint in endpoints.values() for one in endpoint.operations]
    kinds = [ErrorAnswer, *kinds_of(operations)]
    schemas, components = schemas_of(kinds)
    if "Request" in components:
        relax_request(components)
    schema_of = SchemaOf(kinds, schemas)
    actions, of_actions = action_schemas(handlers)
    used = {scheme for one in operations for choice in _SECURITY[one.security] for scheme in choice}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Streamer", "version": "1", "description": _DESCRIPTION},
        "servers": [{"url": mount.rstrip("/") or "/"}],
        "tags": list(_tags(endpoints.values())),
        "paths": {path: _path(path, endpoint, resource, schema_of) for path, (resource, endpoint) in endpoints.items()},
        "components": {
            "securitySchemes": {name: scheme for name, scheme in _SCHEMES.items() if name in used},
            "schemas": {**components, **of_actions},
        },
        "x-actions": actions,
        "x-error-codes": error_codes(),
    }


def _tags(declared: Iterable[tuple[Resource, Endpoint]]) -> Iterable[Schema]:
    resources = {resource.name: resource for resource, _ in declared}
    return ({"name": one.name, "description": one.description} for one in resources.values())


def _path(path: str, endpoint: Endpoint, resource: Resource, schema_of: SchemaOf) -> Schema:
    parameters = list(_path_parameters(path, endpoint))
    operations: Schema = {one.method: _operation(path, one, resource, schema_of) for one in endpoint.operations}
    return {**({"parameters": parameters} if parameters else {}), **operations}


def _path_parameters(path: str, endpoint: Endpoint) -> Iterable[Schema]:
    texts = list(endpoint.parameters.values())
    for (name, converter), text in zip(served_paths()[path].items(), texts, strict=True):
        schema = _CONVERTERS.get(converter, {"type": "string", "minLength": 1})
        yield {"name": name, "in": "path", "required": True, "description": text, "schema": schema}


def _operation(path: str, one: Operation, resource: Resource, schema_of: SchemaOf) -> Schema:
    described: Schema = {"operationId": one.name, "summary": one.summary, "tags": [resource.name]}
    if one.description:
        described["description"] = one.description
    described["security"] = _SECURITY[one.security]
    if one.permission is not None:
        described["x-permission"] = one.permission
    if one.parameters:
        described["parameters"] = [_parameter(parameter) for parameter in one.parameters]
    if one.body is not None:
        media: Schema = {"schema": schema_of(one.body)}
        if one.body_example is not None:
            media["example"] = one.body_example
        described["requestBody"] = {"required": one.body_required, "content": {one.body_media_type: media}}
    return {**described, "responses": answers_of(one, schema_of, is_api=path.startswith("/api/"))}


def _parameter(parameter: Parameter) -> Schema:
    return {
        "name": parameter.name,
        "in": parameter.where,
        "required": parameter.required,
        "description": parameter.description,
        "schema": dict(parameter.schema),
    }
