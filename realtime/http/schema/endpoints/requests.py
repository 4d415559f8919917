"""The declarations of what can be read of a request."""

from jobs.errors import ErrorCode
from realtime.http.schema.bodies import EventPage, FilePage, RequestDetail
from realtime.http.schema.declarations import Answer, Endpoint, Operation, Resource
from realtime.http.schema.endpoints.parameters import CURSOR, after_seq, limit

REQUEST_ID = {"request_id": "The server's id of the request."}

REQUESTS = Resource(
    name="Requests",
    description="Requests of one's own; with the permission `tenant.read`, those of everybody in the tenant.",
    endpoints=(
        Endpoint(
            path="/api/requests/{request_id}/",
            parameters=REQUEST_ID,
            operations=(
                Operation(
                    method="get",
                    name="getRequest",
                    summary="Read the state of a request",
                    answers=(
                        Answer(status=200, description="Its state, payload and first files.", body=RequestDetail),
                    ),
                    errors=(ErrorCode.NOT_FOUND,),
                ),
            ),
        ),
        Endpoint(
            path="/api/requests/{request_id}/events/",
            parameters=REQUEST_ID,
            operations=(
                Operation(
                    method="get",
                    name="listEvents",
                    summary="Read the numbered messages of a request",
                    description="At most 500 and 512 KB at once. Ask again with the last number until all have come.",
                    parameters=(after_seq("The last number that the client has."),),
                    answers=(Answer(status=200, description="The messages after `after_seq`.", body=EventPage),),
                    errors=(ErrorCode.NOT_FOUND,),
                ),
            ),
        ),
        Endpoint(
            path="/api/requests/{request_id}/artifacts/",
            parameters=REQUEST_ID,
            operations=(
                Operation(
                    method="get",
                    name="listFiles",
                    summary="List the files of a request",
                    parameters=(limit(default=100, most=500), CURSOR),
                    answers=(Answer(status=200, description="A page of files, the newest first.", body=FilePage),),
                    errors=(ErrorCode.NOT_FOUND,),
                ),
            ),
        ),
    ),
)
