"""The declaration of the list of actions."""

from realtime.http.schema.bodies import ActionList
from realtime.http.schema.declarations import Answer, Endpoint, Operation, Resource

ACTIONS = Resource(
    name="Actions",
    description="The work that a request can ask for.",
    endpoints=(
        Endpoint(
            path="/api/actions/",
            operations=(
                Operation(
                    method="get",
                    name="listActions",
                    summary="List the actions that this token may use",
                    answers=(
                        Answer(
                            status=200,
                            description="The actions, each with a JSON Schema of its payload and of its result.",
                            body=ActionList,
                        ),
                    ),
                ),
            ),
        ),
    ),
)
