"""The source of a stream that follows a topic."""

from typing import Any

from realtime.answers.topics import FollowedTopic
from realtime.http.streams.server_sent import seq_of
from realtime.http.streams.stream import EventStream
from realtime.http.streams.window import window_unless
from realtime.http.topics.wanted import Wanted
from realtime.wire.protocol import encode


class TopicSource:
    """Follows a topic, and has the user present in it while the stream is open."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._begins_at: int | None = None
        """The id of ``subscribed``, until that is pushed: a client that is cut off behind it comes back to this place.

        None: the topic has no numbers.
        """
        self._topic: FollowedTopic | None = None

    def id_of(self, message: bytes, /) -> str | None:
        begins_at, self._begins_at = self._begins_at, None
        return seq_of(message) if begins_at is None else str(begins_at)

    async def begin(self, stream: EventStream) -> None:
        wanted = self._wanted

        def answer(facts: dict[str, Any]) -> None:
            last = facts.get("last_seq")
            self._begins_at = last if last is None or wanted.after_seq is None else wanted.after_seq
            stream.push(encode("subscribed", **facts))

        window = window_unless(lambda: stream.is_congested)
        user_id = wanted.identity.user_id
        self._topic = FollowedTopic(wanted.name, wanted.rule, stream.push, window, user_id)
        await self._topic.begin(wanted.after_seq, answer)

    def go_on(self) -> None:
        if self._topic is not None:
            self._topic.go_on()

    def end(self) -> None:
        if self._topic is not None:
            self._topic.end()
