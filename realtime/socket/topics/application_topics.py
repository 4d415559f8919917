"""The topics of the application that one connection follows."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from jobs.errors import ErrorBody, ErrorCode, error_body
from realtime.auth import Identity
from realtime.database import in_database
from realtime.delivery.credit import CreditWindow
from realtime.delivery.subscription import Subscription
from realtime.shared import delivery, presence
from realtime.socket.refusing import Refusing
from realtime.topics.history import last_seq
from realtime.topics.log import LiveTopic, TopicLog
from realtime.topics.presence import MAX_LISTED, PresenceFollower
from realtime.topics.refusals import no_such_topic
from realtime.topics.rules import Rule, rule_for
from realtime.wire.messages import Subscribe, Unsubscribe
from realtime.wire.protocol import encode


@dataclass(eq=False)
class _Followed:
    """One topic that is followed. ``member`` is its part of the presence, if the topic has that."""

    follow: Subscription
    member: PresenceFollower | None = None


class ApplicationTopics:
    """The followed topics of one connection. ``identity`` gives who asks now; ``push`` sends."""

    def __init__(
        self, identity: Callable[[], Identity], push: Callable[[str], None], refusing: Refusing, window: CreditWindow
    ) -> None:
        self._identity = identity
        self._push = push
        self._refusing = refusing
        self._window = window
        self._followed: dict[str, _Followed] = {}

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
            delivery().go_on(followed.follow)

    def end(self) -> None:
        for name in tuple(self._followed):
            self._forget(name)

    async def _follow(self, name: str, rule: Rule, message: Subscribe) -> None:
        has_history = rule.declared.history is not None
        log = TopicLog(name) if has_history else LiveTopic(name)
        # Joined before the last number is read, so that no message between the two can be missed.
        follow = await delivery().open_log(log, self._push, after_seq=message.after_seq or 0, window=self._window)
        followed = self._followed[name] = _Followed(follow)
        facts: dict[str, Any] = {"topic": name}
        if has_history:
            facts["last_seq"] = last = await in_database(last_seq, name)
            if (message.after_seq or 0) > last:
                self._forget(name)
                text = f"after_seq is {message.after_seq}, but the last message of this topic is {last}"
                self._refuse(message, error_body(ErrorCode.VALIDATION_ERROR, text))
                return
            if message.after_seq is None:
                follow.gate.jump(last)
        if rule.declared.presence:
            followed.member = PresenceFollower(name, self._identity().user_id, self._push)
            await presence().open(followed.member, lambda users: self._answer(message, facts, users))
        else:
            self._answer(message, facts)
        if has_history:
            await delivery().catch_up(follow)
        else:
            delivery().begin(follow)

    def _answer(self, message: Subscribe, facts: dict[str, Any], users: Collection[str] | None = None) -> None:
        there = {} if users is None else {"presence": sorted(users)[:MAX_LISTED], "present": len(users)}
        self._push(encode("subscribed", message.id, **facts, **there))

    def _forget(self, name: str) -> None:
        followed = self._followed.pop(name, None)
        if followed is None:
            return
        delivery().close(followed.follow)
        if followed.member is not None:
            presence().close(followed.member)

    def _refuse(self, message: Subscribe | Unsubscribe, error: ErrorBody) -> None:
        self._refusing.answer(error, message.id, topic=message.topic)
