"""The topic ``requests`` of one connection: news of its user's own requests."""

from collections.abc import Callable

from jobs.errors import ErrorCode, error_body
from realtime.auth import Identity
from realtime.delivery.feed import TOPIC, FeedFollower, read_cursor
from realtime.shared import feed
from realtime.socket.refusing import Refusing
from realtime.wire.messages import Subscribe, Unsubscribe
from realtime.wire.protocol import encode


class FeedTopic:
    """The feed of one connection. ``identity`` owns the requests that are told; ``push`` sends."""

    def __init__(self, identity: Identity, push: Callable[[str], None], refusing: Refusing) -> None:
        self._refusing = refusing
        self._owner = (identity.tenant_id, identity.user_id)
        self._push = push
        self._follower: FeedFollower | None = None

    def __len__(self) -> int:
        return 0 if self._follower is None else 1

    async def subscribe(self, message: Subscribe) -> None:
        try:
            since = None if message.cursor is None else read_cursor(message.cursor)
        except ValueError as error:
            self._refusing.answer(error_body(ErrorCode.VALIDATION_ERROR, str(error)), message.id)
            return
        self.end()
        self._follower = FeedFollower(self._owner, self._push, message.tag)
        await feed().open(self._follower, since, lambda cursor, more: self._answer(message, cursor, more))

    async def unsubscribe(self, message: Unsubscribe) -> None:
        self.end()
        self._push(encode("unsubscribed", message.id, topic=TOPIC))

    def end(self) -> None:
        if self._follower is not None:
            feed().close(self._follower)
            self._follower = None

    def _answer(self, message: Subscribe, cursor: str, truncated: bool) -> None:
        self._push(encode("subscribed", message.id, topic=TOPIC, cursor=cursor, truncated=truncated))
