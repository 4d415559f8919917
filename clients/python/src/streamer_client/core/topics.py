"""The topics of the application that a client follows, and all readers of each."""

import uuid
from dataclasses import dataclass

from streamer_client.core.backlog import Backlog
from streamer_client.core.feed import TOPIC as FEED
from streamer_client.core.following import Followed, Followers
from streamer_client.core.reader import Fate, Reader
from streamer_client.errors import NotFound, StreamerError, ValidationFailed, refusal
from streamer_client.events import Message

RETRY_SECONDS = 5.0


class TopicReader(Reader):
    """Takes the messages of a topic after number ``after_seq``; None: those that come from now on.

    Those without a number it takes as they come. What finds no room is let go, and a new ``subscribed`` follows.
    """

    def __init__(self, backlog: Backlog, topic: str, *, after_seq: int | None) -> None:
        super().__init__(backlog, after_seq=after_seq or 0)
        self.topic = topic
        self.after_seq = after_seq
        self._has_place = after_seq is not None

    @property
    def has_news(self) -> bool:
        return len(self) > 0 or self.error is not None

    @property
    def place(self) -> int | None:
        """The number from which on it still needs messages; None: it does not know one, or needs none."""
        return self.seq if self._has_place and not self.is_over else None

    def begin(self, message: Message, size: int) -> None:
        """Take the answer to a subscription, which says where the topic is."""
        last = message.get("last_seq")
        if last is not None and (self.after_seq or 0) > last:
            # The server judges the lowest number of all readers alone.
            text = f"after_seq is {self.after_seq}, but the last message of this topic is {last}"
            self.fail(ValidationFailed(text, code="VALIDATION_ERROR"))
            return
        if last is not None and not self._has_place:
            self.seq = self.taken = last
            self._has_place = True
        self.offer_live(message, size)

    def offer(self, message: Message, size: int) -> Fate:
        if not self._has_place:
            return "old"  # it is of an earlier subscription, for other readers
        return super().offer(message, size)

    def offer_live(self, message: Message, size: int) -> None:
        """Keep a message without a number, if there is room."""
        if self.is_over or self.is_short:
            return
        if self._has_room():
            self._keep(message, size)
        else:
            self.is_short = True


@dataclass(slots=True)
class _Followed(Followed[TopicReader]):
    question: str = ""
    """The id of the last ``subscribe`` of this connection."""


class Topics(Followers[_Followed]):
    """The topics. On a new connection they go on after the last number."""

    def add(self, reader: TopicReader) -> None:
        """Give the reader what comes. Raises ``ValidationFailed`` for the topic that is no topic of the application."""
        if reader.topic == FEED:
            raise ValidationFailed(f"The topic {FEED} is the feed", code="VALIDATION_ERROR")
        self._followed.setdefault(reader.topic, _Followed()).readers.append(reader)
        self._subscribe(reader.topic)

    def remove(self, reader: TopicReader) -> None:
        """Take a reader away. When none is left, the server need not send any more."""
        reader.discard()
        followed = self._followed.get(reader.topic)
        if followed is None or reader not in followed.readers:
            return
        followed.readers.remove(reader)
        if not followed.readers:
            self._forget(reader.topic)
            self._send({"type": "unsubscribe", "topic": reader.topic})

    def taken(self, reader: TopicReader, message: Message) -> None:
        """Note that the application took a message; ask again for what had to be let go."""
        if "seq" in message:
            self._credit.take(reader.topic, message["seq"], of="topic")
        if reader.is_short and reader.has_free_half:
            reader.is_short = False
            self._subscribe(reader.topic)

    # --- turns of the connection ---------------------------------------------------------------------------------

    def resume(self) -> None:
        for topic in self._followed:
            self._subscribe(topic)

    def lost(self) -> None:
        self._again.clear()
        for followed in self._followed.values():
            followed.question, followed.is_asked = "", False

    def tick(self) -> None:
        now = self._clock()
        for topic in [name for name, at in self._again.items() if at <= now]:
            self._subscribe(topic)

    # --- messages ------------------------------------------------------------------------------------------------

    def receive(self, message: Message, size: int) -> bool:
        if message["type"] == "error":
            return self._refused(message)
        topic = message.get("topic")
        if topic is None or topic == FEED:
            return False
        if message["type"] == "published":
            return True  # nobody waits for this answer any more, and its number is that of another message
        followed = self._followed.get(topic)
        if followed is None:
            # It must not use up the window of those that are wanted.
            if "seq" in message:
                self._credit.take(topic, message["seq"], of="topic")
        elif message["type"] == "subscribed":
            followed.is_asked = followed.is_asked and message.get("id") != followed.question
            for reader in followed.readers:
                reader.begin(message, size)
        elif message["type"] == "unsubscribed":
            self._unsubscribed(topic, message)
        elif "seq" in message:
            self._numbered(topic, followed, message, size)
        else:
            for reader in followed.readers:
                reader.offer_live(message, size)
        return True

    def _ask(self, name: str) -> None:
        self._subscribe(name)

    def _acknowledge(self, name: str, seq: int) -> None:
        self._credit.take(name, seq, of="topic")

    def _subscribe(self, topic: str) -> None:
        self._again.pop(topic, None)
        followed = self._followed.get(topic)
        if followed is None or followed.is_over:
            return
        places = [reader.place for reader in followed.readers if reader.place is not None]
        place = {"after_seq": min(places)} if places else {}
        followed.question, followed.is_asked = f"topic.{uuid.uuid4().hex}", True
        self._send({"type": "subscribe", "id": followed.question, "topic": topic, **place})

    def _refused(self, message: Message) -> bool:
        """Fail the readers of what cannot be followed, or ask again later where that can help."""
        question = message.get("id", "")
        topic = next((name for name, one in self._followed.items() if question and one.question == question), None)
        if topic is None:
            return False
        error = message["error"]
        if error.get("retryable"):
            self._again[topic] = self._clock() + (error.get("retry_after") or RETRY_SECONDS)
        else:
            self._end(topic, refusal(error))
        return True

    def _unsubscribed(self, topic: str, message: Message) -> None:
        """End what the server ends; without a reason, it answers a wish of this client."""
        if message.get("reason"):
            self._end(topic, NotFound("This topic may not be followed any more", code="NOT_FOUND"))

    def _end(self, topic: str, error: StreamerError) -> None:
        for reader in self._forget(topic).readers:
            reader.fail(error)

    def _forget(self, topic: str) -> _Followed:
        self._again.pop(topic, None)
        return self._followed.pop(topic)
