"""Topics of the application: messages to all who follow a name, such as ``tenant.acme.prices``."""

from realtime.topics.members import present
from realtime.topics.names import topic_segment
from realtime.topics.publishing import apublish, publish
from realtime.topics.refusals import (
    BadTopic,
    MessageTooLarge,
    PublishRefused,
    TooManyMessages,
    TooManyTopics,
    UnknownTopic,
)

__all__ = [
    "BadTopic",
    "MessageTooLarge",
    "PublishRefused",
    "TooManyMessages",
    "TooManyTopics",
    "UnknownTopic",
    "apublish",
    "present",
    "publish",
    "topic_segment",
]
