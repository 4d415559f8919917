"""The declaration of topics."""

from jobs.errors import ErrorCode
from realtime.http.schema.bodies import PublishedTo, TopicData
from realtime.http.schema.declarations import Answer, Endpoint, Operation, Resource

TOPICS = Resource(
    name="Topics",
    description="Messages of the application.",
    endpoints=(
        Endpoint(
            path="/api/topics/{topic}/",
            parameters={"topic": "The name of the topic."},
            operations=(
                Operation(
                    method="post",
                    name="publish",
                    summary="Publish to a topic",
                    body=TopicData,
                    body_example={"data": {"gold": 2311.5}},
                    answers=(Answer(status=200, description="It is published.", body=PublishedTo),),
                    errors=(
                        ErrorCode.NOT_FOUND,
                        ErrorCode.QUOTA_EXCEEDED,
                        ErrorCode.PAYLOAD_TOO_LARGE,
                        ErrorCode.RATE_LIMITED,
                    ),
                ),
            ),
        ),
    ),
)
