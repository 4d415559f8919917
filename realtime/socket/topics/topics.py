"""The topics that one connection follows: ``requests``, its user's own, and those of the application."""

from collections.abc import Callable

from jobs.errors import ErrorCode, error_body
from realtime.auth import Identity
from realtime.delivery.credit import CreditWindow
from realtime.delivery.feed import TOPIC
from realtime.socket.refusing import Refusing
from realtime.socket.topics.application_topics import ApplicationTopics
from realtime.socket.topics.feed_topic import FeedTopic
from realtime.topics.names import fault_of
from realtime.topics.publishing import publish_for
from realtime.topics.refusals import PublishRefused
from realtime.wire.messages import Publish, Subscribe, Unsubscribe
from realtime.wire.protocol import encode


class Topics:
    """The topics of one connection. ``identity`` gives who asks now; ``push`` sends.

    ``window`` says how much of it may be on the way at a time.
    """

    def __init__(
        self, identity: Callable[[], Identity], push: Callable[[str], None], refusing: Refusing, window: CreditWindow
    ) -> None:
        self._identity = identity
        self._push = push
        self._refusing = refusing
        self._feed = FeedTopic(identity(), push, refusing)
        self._application = ApplicationTopics(identity, push, refusing, window)

    def __len__(self) -> int:
        return len(self._feed) + len(self._application)

    async def subscribe(self, message: Subscribe) -> None:
        if message.request_id is not None or message.requests:
            self._refuse(message, "Give either topic or requests, not both")
        elif message.topic == TOPIC:
            await self._feed.subscribe(message)
        elif (fault := fault_of(message.topic or "")) is not None:
            self._refuse(message, fault)
        else:
            await self._application.subscribe(message)

    async def unsubscribe(self, message: Unsubscribe) -> None:
        if message.topic == TOPIC:
            await self._feed.unsubscribe(message)
        elif (fault := fault_of(message.topic or "")) is not None:
            self._refuse(message, fault)
        else:
            self._application.unsubscribe(message)

    async def publish(self, message: Publish) -> None:
        try:
            seq = await publish_for(self._identity(), message.topic, message.data)
        except PublishRefused as refused:
            self._refusing.answer(refused.error, message.id, topic=message.topic)
        else:
            number = {} if seq is None else {"seq": seq}
            self._push(encode("published", message.id, topic=message.topic, **number))

    async def judge_again(self) -> None:
        """End what the permissions of a fresh token do not allow any more."""
        await self._application.judge_again()

    def go_on(self) -> None:
        """Continue, because there is room again."""
        self._application.go_on()

    def end(self) -> None:
        self._feed.end()
        self._application.end()

    def _refuse(self, message: Subscribe | Unsubscribe, text: str) -> None:
        self._refusing.answer(error_body(ErrorCode.VALIDATION_ERROR, text), message.id)
