"""The topics that one connection follows. There is one: ``requests``, its user's own."""

from collections.abc import Callable

from jobs.errors import ErrorCode, error_body
from realtime.auth import Identity
from realtime.delivery.feed import TOPIC, FeedFollower, read_cursor
from realtime.shared import feed
from realtime.wire.messages import Subscribe, Unsubscribe
from realtime.wire.protocol import encode, encode_error


class Topics:
    """The topics of one connection. ``identity`` owns the requests that are told; ``push`` sends."""

    def __init__(self, identity: Identity, push: Callable[[str], None]) -> None:
        self._owner = (identity.tenant_id, identity.user_id)
        self._push = push
        self._follower: FeedFollower | None = None

    async def subscribe(self, message: Subscribe) -> None:
        if message.request_id is not None or message.requests:
            self._refuse(message, ErrorCode.VALIDATION_ERROR, "Name a topic or requests, not both")
        elif message.topic != TOPIC:
            self._refuse(message, ErrorCode.NOT_FOUND, f"There is no such topic; there is: {TOPIC}")
        else:
            try:
                since = None if message.cursor is None else read_cursor(message.cursor)
            except ValueError as error:
                self._refuse(message, ErrorCode.VALIDATION_ERROR, str(error))
                return
            self.end()
            self._follower = FeedFollower(self._owner, self._push)
            await feed().open(self._follower, since, lambda cursor, more: self._answer(message, cursor, more))

    async def unsubscribe(self, message: Unsubscribe) -> None:
        if message.topic != TOPIC:
            self._refuse(message, ErrorCode.NOT_FOUND, f"There is no such topic; there is: {TOPIC}")
            return
        self.end()
        self._push(encode("unsubscribed", message.id, topic=TOPIC))

    def end(self) -> None:
        if self._follower is not None:
            feed().close(self._follower)
            self._follower = None

    def _answer(self, message: Subscribe, cursor: str, truncated: bool) -> None:
        self._push(encode("subscribed", message.id, topic=TOPIC, cursor=cursor, truncated=truncated))

    def _refuse(self, message: Subscribe | Unsubscribe, code: ErrorCode, text: str) -> None:
        self._push(encode_error(error_body(code, text), message.id))
