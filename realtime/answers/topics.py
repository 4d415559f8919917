"""Following one topic of the application, the same on a socket, over a stream and by long polls."""

from collections.abc import Callable, Collection
from typing import Any

from jobs.errors import ErrorBody, ErrorCode, error_body
from realtime.answers.refusal import Refusal
from realtime.database import in_database
from realtime.delivery.credit import CreditWindow
from realtime.delivery.subscription import Subscription
from realtime.shared import delivery, presence
from realtime.topics.history import last_seq
from realtime.topics.log import LiveTopic, TopicLog
from realtime.topics.presence import MAX_LISTED, PresenceFollower
from realtime.topics.rules import Rule

Answer = Callable[[dict[str, Any]], object]


class FollowedTopic:
    """A topic that one client follows. ``push`` sends; ``window`` says how much may be on the way at a time.

    ``user_id``: who is present in the topic meanwhile, if it has presence. None: nobody.
    """

    def __init__(
        self, name: str, rule: Rule, push: Callable[[str], None], window: CreditWindow, user_id: str | None
    ) -> None:
        self._name = name
        self._has_history = rule.declared.history is not None
        self._push = push
        self._window = window
        self._follow: Subscription | None = None
        is_member = user_id is not None and rule.declared.presence
        self._member = PresenceFollower(name, str(user_id), push) if is_member else None

    async def begin(self, after_seq: int | None, answer: Answer) -> None:
        """Follow from the message after ``after_seq`` on; None: from now on. Raises ``Refusal``; then call ``end``.

        ``answer`` gets the fields of ``subscribed`` before the first push.
        """
        log = TopicLog(self._name) if self._has_history else LiveTopic(self._name)
        # Joined before the last number is read, so that no message between the two can be missed.
        follow = await delivery().open_log(log, self._push, after_seq=after_seq or 0, window=self._window)
        self._follow = follow
        facts: dict[str, Any] = {"topic": self._name}
        if self._has_history:
            facts["last_seq"] = last = await in_database(last_seq, self._name)
            if (error := fault_of_number(after_seq, last)) is not None:
                raise Refusal(error)
            if after_seq is None:
                follow.gate.jump(last)
        if self._member is not None:
            await presence().open(self._member, lambda users: answer({**facts, **_listed(users)}))
        else:
            answer(facts)
        if self._has_history:
            await delivery().catch_up(follow)
        else:
            delivery().begin(follow)

    def go_on(self) -> None:
        """Continue, because there is room again: messages that were held back come from the log."""
        if self._follow is not None:
            delivery().go_on(self._follow)

    def end(self) -> None:
        if self._follow is not None:
            delivery().close(self._follow)
        if self._member is not None:
            presence().close(self._member)


def fault_of_number(after_seq: int | None, last: int) -> ErrorBody | None:
    """Return the error of a number that no message of the topic has had, or None."""
    if after_seq is None or after_seq <= last:
        return None
    text = f"after_seq is {after_seq}, but the last message of this topic is {last}"
    return error_body(ErrorCode.VALIDATION_ERROR, text)


def _listed(users: Collection[str]) -> dict[str, Any]:
    return {"presence": sorted(users)[:MAX_LISTED], "present": len(users)}
