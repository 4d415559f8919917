"""The declaration of topics."""

from jobs.errors import ErrorCode
from realtime.http.schema.bodies import PublishedTo, TopicData, TopicPage
from realtime.http.schema.declarations import Answer, Endpoint, Operation, Resource
from realtime.http.schema.endpoints.parameters import LAST_ID, WAIT, after_seq, or_stream

TOPICS = Resource(
    name="Topics",
    description="Messages of the application.",
    endpoints=(
        Endpoint(
            path="/api/topics/{topic}/",
            parameters={"topic": "The name of the topic."},
            operations=(
                Operation(
                    method="get",
                    name="followTopic",
                    summary="Read or follow the messages of a topic",
                    description="As JSON, at most 500 and 512 KB at once. With `Accept: text/event-stream`, all of "
                    "them as a stream that does not end by itself. A topic without a history has only messages that "
                    "come while the client waits, so it needs `wait` or a stream.",
                    parameters=(
                        after_seq("The last number that the client has; from now on without it.", default=None),
                        WAIT,
                        LAST_ID,
                    ),
                    answers=(
                        Answer(
                            status=200,
                            description="The messages after `after_seq`.",
                            body=TopicPage,
                            also=or_stream(
                                "`data` is a message, and `id` its `seq`, if the topic has a history. `subscribed` "
                                "comes first."
                            ),
                        ),
                    ),
                    errors=(ErrorCode.NOT_FOUND, ErrorCode.RATE_LIMITED),
                ),
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
