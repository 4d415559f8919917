"""Refusals of a message to a topic.

PublishRefused           nothing was sent or stored; ``error`` is what a client would be told
├── BadTopic             the name is none
├── UnknownTopic         no pattern covers the topic, or the client may not publish to it
├── MessageTooLarge      the data have too many bytes, or are nested too deep
├── TooManyMessages      too many messages came to this topic in a short time
└── TooManyTopics        clients of the tenant have begun as many topics with a history as they may
"""

from jobs.errors import ErrorBody, ErrorCode, error_body


class PublishRefused(Exception):
    """The message was refused. A surrounding transaction can still be used."""

    def __init__(self, error: ErrorBody) -> None:
        super().__init__(error["message"])
        self.error = error

    def body(self) -> ErrorBody:
        """Return the error as a client should get it."""
        return self.error


class BadTopic(PublishRefused):
    """The name of the topic is none."""

    def __init__(self, text: str) -> None:
        super().__init__(error_body(ErrorCode.VALIDATION_ERROR, text))


class UnknownTopic(PublishRefused):
    """No pattern covers the topic, or whoever asks has nothing to do with it."""

    def __init__(self) -> None:
        super().__init__(no_such_topic())


class MessageTooLarge(PublishRefused):
    """The data are more than ``STREAMER_TOPIC_MESSAGE_BYTES``, or nested deeper than a client's message may be."""

    def __init__(self, text: str, limit_bytes: int) -> None:
        super().__init__(error_body(ErrorCode.PAYLOAD_TOO_LARGE, text, details={"limit_bytes": limit_bytes}))


class TooManyMessages(PublishRefused):
    """The topic has had ``STREAMER_TOPIC_MESSAGES_PER_SECOND``. ``retry_after`` is in seconds."""

    def __init__(self, per_second: float, retry_after: float) -> None:
        self.retry_after = retry_after
        text = f"More than {per_second:g} messages a second were published to this topic"
        super().__init__(error_body(ErrorCode.RATE_LIMITED, text, retry_after=retry_after))


class TooManyTopics(PublishRefused):
    """The tenant's clients have begun ``STREAMER_MAX_HISTORIES_PER_TENANT`` topics with a history."""

    def __init__(self, limit: int) -> None:
        text = f"The clients of your tenant have begun {limit} topics with a history, which is the most allowed"
        super().__init__(error_body(ErrorCode.QUOTA_EXCEEDED, text, details={"limit": limit}))


def no_such_topic() -> ErrorBody:
    """The same for what does not exist and for what is not allowed."""
    return error_body(ErrorCode.NOT_FOUND, "There is no such topic")
