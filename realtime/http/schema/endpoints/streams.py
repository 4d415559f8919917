"""The declarations of streams and long polls, and of what a token for one request reads."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from jobs.errors import ErrorCode
from realtime.http.schema.bodies import FeedPage, FollowedPage, RequestToken, TokenLife
from realtime.http.schema.declarations import Answer, Endpoint, Operation, Parameter, Resource, Security
from realtime.http.schema.endpoints.artifacts import ARTIFACTS
from realtime.http.schema.endpoints.parameters import LAST_ID, WAIT, after_seq, or_stream
from realtime.http.schema.endpoints.requests import REQUEST_ID, REQUESTS

_TOKEN_PATH: Final = "/api/requests/{request_id}/token/"
_EVENTS_PATH: Final = "/api/requests/{request_id}/events/"
_DOWNLOAD_PATH: Final = "/api/artifacts/{artifact_id}/"

_FOLLOW = Operation(
    method="get",
    name="listEvents",
    summary="Read or follow the numbered messages of a request",
    description="As JSON, at most 500 and 512 KB at once. With `Accept: text/event-stream`, all of them as a stream, "
    "live up to the final one.",
    security="request_token",
    parameters=(after_seq("The last number that the client has."), WAIT, LAST_ID),
    answers=(
        Answer(
            status=200,
            description="The messages after `after_seq`.",
            body=FollowedPage,
            also=or_stream("`data` is a message, and `id` its `seq`. `goodbye` says when to come back."),
        ),
        Answer(status=204, description="A stream that has had the final message."),
    ),
    errors=(ErrorCode.NOT_FOUND, ErrorCode.RATE_LIMITED),
)
_SHARE = Operation(
    method="post",
    name="shareRequest",
    summary="Make a token that reads this request alone",
    description="For the owner. It reads the request, its messages and its files, and nothing else.",
    body=TokenLife,
    body_required=False,
    body_example={"expires_in": 3600},
    answers=(Answer(status=200, description="The token.", body=RequestToken),),
    errors=(ErrorCode.NOT_FOUND,),
)


def _opened(endpoints: Sequence[Endpoint], security: Security) -> Iterator[Endpoint]:
    """Yield the endpoints with GET opened to a token for one request."""
    for endpoint in endpoints:
        operations = [replace(one, security=security) if one.method == "get" else one for one in endpoint.operations]
        yield replace(endpoint, operations=operations)


SHARED_REQUESTS = Resource(
    name=REQUESTS.name,
    description=REQUESTS.description,
    endpoints=(
        *_opened([one for one in REQUESTS.endpoints if one.path != _EVENTS_PATH], "request_token"),
        Endpoint(path=_EVENTS_PATH, parameters=REQUEST_ID, operations=(_FOLLOW,)),
        Endpoint(path=_TOKEN_PATH, parameters=REQUEST_ID, operations=(_SHARE,)),
    ),
)
SHARED_FILES = Resource(
    name=ARTIFACTS.name,
    description=ARTIFACTS.description,
    endpoints=tuple(
        _opened([one for one in ARTIFACTS.endpoints if one.path == _DOWNLOAD_PATH], "signature_or_request_token")
    ),
    needs=(_TOKEN_PATH,),
)
FEED = Resource(
    name="Feed",
    description="The news of all requests of one's own.",
    endpoints=(
        Endpoint(
            path="/api/feed/",
            operations=(
                Operation(
                    method="get",
                    name="followFeed",
                    summary="Read or follow the news of one's requests",
                    description="As JSON, or with `Accept: text/event-stream` as a stream.",
                    parameters=(
                        Parameter(
                            name="tag",
                            description="A tag that the requests have; all of them without it.",
                            schema={"type": "string", "maxLength": 64},
                        ),
                        Parameter(
                            name="cursor",
                            description="The latest cursor that the client has; from now on without it.",
                            schema={"type": "string", "maxLength": 64},
                        ),
                        WAIT,
                        LAST_ID,
                    ),
                    answers=(
                        Answer(
                            status=200,
                            description="What has changed since the cursor.",
                            body=FeedPage,
                            also=or_stream("`data` is a message, and `id` its cursor. `subscribed` comes first."),
                        ),
                    ),
                    errors=(ErrorCode.RATE_LIMITED,),
                ),
            ),
        ),
    ),
)
