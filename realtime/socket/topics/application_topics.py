"""The topics of the application that one connection follows."""

from collections.abc import Callable

from django.conf import settings

from jobs.errors import ErrorBody, ErrorCode, error_body
from realtime.answers.refusal import Refusal
from realtime.answers.topics import FollowedTopic
from realtime.auth import Identity
from realtime.delivery.credit import CreditWindow
from realtime.socket.refusing import Refusing
from realtime.topics.refusals import no_such_topic
from realtime.topics.rules import Rule, rule_for
from realtime.wire.messages import Subscribe, Unsubscribe
from realtime.wire.protocol import encode


class ApplicationTopics:
    """The followed topics of one connection. ``identity`` gives who asks now; ``push`` sends."""

    def __init__(
        self, identity: Callable[[], Identity], push: Callable[[str], None], refusing: Refusing, window: CreditWindow
    ) -> None:
        self._identity = identity
        self._push = push
        self._refusing = refusing
        self._window = window
        self._followed: dict[str, FollowedTopic] = {}

    def __len__(self) -> int:
        return len(self._followed)

    async def subscribe(self, message: Subscribe) -> None:
        name = str(message.topic)
        rule = await rule_for(self._identity(), name, "subscribe")
        if rule is None:
            self._refuse(message, no_such_topic())
            return
        most = settings.STREAMER_MAX_TOPICS_PER_CONNECTION
        if name not in self._followed and len(self._followed) >= most:
            self._refuse(message, error_body(ErrorCode.RATE_LIMITED, f"A connection may follow at most {most} topics"))
            return
        self._forget(name)
        try:
            await self._follow(name, rule, message)
        except Refusal as refusal:
            self._forget(name)
            self._refuse(message, refusal.error)
        except BaseException:
            self._forget(name)
            raise

    def unsubscribe(self, message: Unsubscribe) -> None:
        name = str(message.topic)
        if name not in self._followed:
            self._refuse(message, no_such_topic())
            return
        self._forget(name)
        self._push(encode("unsubscribed", message.id, topic=name))

    async def judge_again(self) -> None:
        """End what the present identity may not follow any more."""
        for name in tuple(self._followed):
            if await rule_for(self._identity(), name, "subscribe") is None:
                self._forget(name)
                self._push(encode("unsubscribed", topic=name, reason="not_allowed"))

    def go_on(self) -> None:
        for followed in tuple(self._followed.values()):
            followed.go_on()

    def end(self) -> None:
        for name in tuple(self._followed):
            self._forget(name)

    async def _follow(self, name: str, rule: Rule, message: Subscribe) -> None:
        user_id = self._identity().user_id
        followed = self._followed[name] = FollowedTopic(name, rule, self._push, self._window, user_id)
        await followed.begin(message.after_seq, lambda facts: self._push(encode("subscribed", message.id, **facts)))

    def _forget(self, name: str) -> None:
        if (followed := self._followed.pop(name, None)) is not None:
            followed.end()

    def _refuse(self, message: Subscribe | Unsubscribe, error: ErrorBody) -> None:
        self._refusing.answer(error, message.id, topic=message.topic)
