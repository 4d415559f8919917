"""The declarations of what asks for requests, lists them and steers them."""

from typing import Final

from jobs.errors import ErrorCode
from realtime.http.schema.bodies import Again, Batch, BatchAnswers, FinalMessage, RequestPage
from realtime.http.schema.declarations import Answer, Endpoint, Operation, Parameter, Resource
from realtime.http.schema.endpoints.parameters import CURSOR, limit
from realtime.http.schema.endpoints.requests import REQUEST_ID, REQUESTS
from realtime.wire.messages import Request
from realtime.wire.server.answers import Acknowledgment, RequestSnapshot, Response

_KEY: Final = Parameter(
    name="Idempotency-Key",
    where="header",
    description="The `id` of the request. Both together must be the same.",
    schema={"type": "string", "minLength": 1, "maxLength": 128},
)
_WAIT: Final = Parameter(
    name="Prefer",
    where="header",
    description="`wait=N`: wait up to N seconds, at most 60, for the end of the request (RFC 7240).",
    schema={"type": "string", "examples": ["wait=30"]},
)
_LOCATION: Final = {"Location": "The path of the request."}
_QUEUED: Final = Answer(
    status=202,
    description="The request is committed, and will be run.",
    body=Acknowledgment,
    headers={**_LOCATION, "Retry-After": "The seconds after which to look again."},
)
_ENDED: Final = {**_LOCATION, "Preference-Applied": "The wait that was asked for."}
_ERRORS: Final = (
    ErrorCode.INVALID_ACTION,
    ErrorCode.FORBIDDEN,
    ErrorCode.DUPLICATE_REQUEST,
    ErrorCode.QUOTA_EXCEEDED,
    ErrorCode.RATE_LIMITED,
)


def _filter(name: str, description: str, **schema: object) -> Parameter:
    return Parameter(name=name, description=description, schema={"type": "string", **schema})


_MOMENT = "Unix seconds, or a time in ISO 8601 with a zone."
_FILTERS: Final = (
    _filter(
        "status",
        "The status that they have.",
        enum=["pending", "processing", "retrying", "completed", "failed", "cancelled"],
    ),
    _filter("action", "The action that they ask for.", maxLength=64),
    _filter("tag", "A tag that they have.", maxLength=64),
    _filter("q", "Words, each in the title, the action or a tag, or the beginning of the id.", maxLength=200),
    _filter("created_after", f"The first moment that counts. {_MOMENT}"),
    _filter("created_before", f"The first moment that no longer counts. {_MOMENT}"),
)

SUBMISSIONS = Resource(
    name=REQUESTS.name,
    description=REQUESTS.description,
    endpoints=(
        Endpoint(
            path="/api/requests/",
            operations=(
                Operation(
                    method="get",
                    name="listRequests",
                    summary="List requests",
                    parameters=(*_FILTERS, limit(default=50, most=200), CURSOR),
                    answers=(Answer(status=200, description="A page, the newest first.", body=RequestPage),),
                    errors=(ErrorCode.RATE_LIMITED,),
                ),
                Operation(
                    method="post",
                    name="submitRequest",
                    summary="Ask for an action",
                    description="The payload is what the action says: see `x-actions`. `on_disconnect` must be `keep`.",
                    parameters=(_KEY, _WAIT),
                    body=Request,
                    body_example={"action": "echo", "payload": {"message": "hello"}},
                    answers=(
                        Answer(
                            status=200,
                            description="The answer of an inline action; or the final message of the request, which "
                            "has ended within the wait that was asked for.",
                            body=Response | FinalMessage,
                            headers=_ENDED,
                        ),
                        _QUEUED,
                    ),
                    errors=(
                        *_ERRORS,
                        ErrorCode.INVALID_MESSAGE,
                        ErrorCode.PROCESSING_FAILED,
                        (504, ErrorCode.TIMEOUT),
                    ),
                ),
            ),
        ),
        Endpoint(
            path="/api/requests/batch/",
            operations=(
                Operation(
                    method="post",
                    name="submitBatch",
                    summary="Ask for many actions at once",
                    description="It is not a transaction: each request has an answer of its own.",
                    body=Batch,
                    body_example={"requests": [{"action": "echo_async", "id": "a"}, {"action": "echo"}]},
                    answers=(Answer(status=200, description="The answers.", body=BatchAnswers),),
                    errors=(ErrorCode.INVALID_MESSAGE, ErrorCode.RATE_LIMITED),
                ),
            ),
        ),
        Endpoint(
            path="/api/requests/{request_id}/cancel/",
            parameters=REQUEST_ID,
            operations=(
                Operation(
                    method="post",
                    name="cancelRequest",
                    summary="Cancel a request",
                    answers=(
                        Answer(status=200, description="It has ended by that.", body=RequestSnapshot),
                        Answer(status=202, description="It is about to end.", body=RequestSnapshot),
                    ),
                    errors=(ErrorCode.NOT_FOUND, (409, ErrorCode.VALIDATION_ERROR), ErrorCode.RATE_LIMITED),
                ),
            ),
        ),
        Endpoint(
            path="/api/requests/{request_id}/retry/",
            parameters=REQUEST_ID,
            operations=(
                Operation(
                    method="post",
                    name="retryRequest",
                    summary="Do a finished request again, as a new one",
                    parameters=(_KEY, _WAIT),
                    body=Again,
                    body_required=False,
                    answers=(
                        Answer(
                            status=200, description="The end of the new request.", body=FinalMessage, headers=_ENDED
                        ),
                        _QUEUED,
                    ),
                    errors=(*_ERRORS, ErrorCode.NOT_FOUND, (409, ErrorCode.VALIDATION_ERROR)),
                ),
            ),
        ),
    ),
)
