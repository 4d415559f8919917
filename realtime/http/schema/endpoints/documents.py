"""The declarations of the documents themselves."""

from jobs.errors import ErrorCode
from realtime.http.schema.declarations import Answer, Endpoint, Operation, Resource

_DOCUMENT = {"type": "object"}
_ERRORS = (ErrorCode.NOT_FOUND,)

DOCUMENTS = Resource(
    name="Documents",
    description="This description, for programs. Operators decide who may read it.",
    endpoints=(
        Endpoint(
            path="/api/docs/openapi.json",
            operations=(
                Operation(
                    method="get",
                    name="getOpenapi",
                    summary="Read the OpenAPI document of this installation",
                    security="session",
                    answers=(Answer(status=200, description="OpenAPI 3.1.", body=_DOCUMENT),),
                    errors=_ERRORS,
                ),
            ),
        ),
        Endpoint(
            path="/api/docs/asyncapi.json",
            operations=(
                Operation(
                    method="get",
                    name="getAsyncapi",
                    summary="Read the AsyncAPI document of this installation",
                    security="session",
                    answers=(Answer(status=200, description="AsyncAPI 3.0.", body=_DOCUMENT),),
                    errors=_ERRORS,
                ),
            ),
        ),
    ),
)
