"""A service in memory with one topic."""

from typing import Any

from fakes.network import Network
from streamer_client.core.topics import TopicReader
from streamer_client.events import Message

TOPIC = "tenant.acme.prices"


class TopicWorld(Network):
    """One conversation about one topic. ``published``: the last number of its history; None: it has no history."""

    def __init__(self, *, published: int | None, first_kept: int = 1, **options: Any) -> None:
        super().__init__(**options)
        self.published = published or 0
        self.frames: list[Message] = []
        """The messages that the client has sent."""
        self.is_followed = False
        self.refusal: Message | None = None
        """The error that answers a subscription."""
        self._has_history = published is not None
        self._first_kept = first_kept

    # --- the application -----------------------------------------------------------------------------------------

    def follow(self, *, after_seq: int | None) -> TopicReader:
        reader: TopicReader = self.use(lambda: self.core.follow_topic(TOPIC, after_seq=after_seq))
        return reader

    # --- the network ---------------------------------------------------------------------------------------------

    def cut(self) -> None:
        super().cut()
        self.is_followed = False

    def deliver_all(self) -> None:
        while self.wire:
            self.deliver()

    # --- the service ---------------------------------------------------------------------------------------------

    def publish(self) -> None:
        self.published += 1
        if self.is_followed:
            self.wire.append(self._message(self.published))

    def tell(self, message: Message) -> None:
        """Send what has no number."""
        self.wire.append({"topic": TOPIC, **message})

    def _begin(self) -> None:
        self.is_followed = False

    def _listen(self) -> None:
        for frame in self.core.take_frames():
            self.frames.append(frame)
            if frame["type"] == "subscribe":
                self._subscribe(frame)
            elif frame["type"] == "unsubscribe":
                self.is_followed = False

    def _subscribe(self, frame: Message) -> None:
        if self.refusal is not None:
            self.wire.append({"type": "error", "id": frame["id"], "topic": TOPIC, "error": self.refusal})
            return
        self.is_followed = True
        last = {"last_seq": self.published} if self._has_history else {}
        self.wire.append({"type": "subscribed", "id": frame["id"], "topic": TOPIC, **last})
        after_seq = frame.get("after_seq", self.published)
        if after_seq < self._first_kept - 1:
            after_seq = self._first_kept - 1
            facts = {"reason": "trimmed", "first_seq": self._first_kept, "seq": after_seq}
            self.wire.append({"type": "snapshot", "topic": TOPIC, **facts})
        self.wire += [self._message(seq) for seq in range(after_seq + 1, self.published + 1)]

    def _message(self, seq: int) -> Message:
        return {"type": "message", "topic": TOPIC, "seq": seq, "data": seq}
