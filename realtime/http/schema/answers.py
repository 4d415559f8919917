"""The answers of an operation, by status: those it declares, its errors, and those that every endpoint can have."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from jobs.docstrings import field_docs
from jobs.errors import ErrorCode
from realtime.http.responses import status_of
from realtime.http.schema.bodies import ErrorAnswer
from realtime.http.schema.declarations import JSON, Answer, Operation
from realtime.http.schema.json_schema.structs import Schema
from realtime.http.schema.kinds import SchemaOf

_HEADERS = {
    401: {"WWW-Authenticate": "`Bearer`"},
    429: {"Retry-After": "The seconds to wait, where they are known."},
    503: {"Retry-After": "The seconds to wait, where they are known."},
}


def answers_of(operation: Operation, schema_of: SchemaOf, *, is_api: bool) -> dict[str, Schema]:
    """Return status → response object. ``is_api``: errors have the body of all errors below ``/api/``."""
    responses = {str(answer.status): _answer(answer, schema_of) for answer in operation.answers}
    for status, codes in sorted(_errors(operation, is_api).items()):
        # What is declared says more than a code.
        responses.setdefault(str(status), _refusal(status, codes, schema_of))
    return responses


def _answer(answer: Answer, schema_of: SchemaOf) -> Schema:
    described: Schema = {"description": answer.description}
    if answer.headers:
        described["headers"] = _headers(answer.headers)
    if answer.body is not None:
        bodies = {answer.media_type: answer.body, **answer.also}
        described["content"] = {media_type: {"schema": schema_of(body)} for media_type, body in bodies.items()}
    return described


def _errors(operation: Operation, is_api: bool) -> dict[int, list[ErrorCode]]:
    found: dict[int, list[ErrorCode]] = defaultdict(list)
    for error in [*operation.errors, *(_general(operation) if is_api else ())]:
        status, code = error if isinstance(error, tuple) else (status_of(error), error)
        if code not in found[status]:
            found[status].append(code)
    return found


def _general(operation: Operation) -> Iterator[ErrorCode | tuple[int, ErrorCode]]:
    yield ErrorCode.VALIDATION_ERROR
    yield ErrorCode.INTERNAL_ERROR
    if operation.security not in ("none", "signature", "signature_or_request_token"):
        yield from (ErrorCode.UNAUTHORIZED, ErrorCode.SERVICE_UNAVAILABLE)
    if operation.security in ("token", "request_token"):
        yield ErrorCode.RATE_LIMITED
    if operation.permission is not None:
        yield ErrorCode.FORBIDDEN
    if operation.body is not None:
        yield from (ErrorCode.PAYLOAD_TOO_LARGE, (408, ErrorCode.TIMEOUT))


def _refusal(status: int, codes: list[ErrorCode], schema_of: SchemaOf) -> Schema:
    docs = field_docs(ErrorCode)
    described: Schema = {
        "description": " ".join(f"{code.value}: {docs[code.name]}" for code in codes),
        "content": {JSON: {"schema": schema_of(ErrorAnswer)}},
        "x-error-codes": [code.value for code in codes],
    }
    if status in _HEADERS:
        described["headers"] = _headers(_HEADERS[status])
    return described


def _headers(texts: Mapping[str, str]) -> Schema:
    return {name: {"description": text, "schema": {"type": "string"}} for name, text in texts.items()}
