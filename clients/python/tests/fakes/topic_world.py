"""A service in memory with one topic, and a network between it and the client that drops, doubles and cuts."""

from collections.abc import Callable
from typing import Any

from streamer_client.core.conversation import Conversation
from streamer_client.core.topics import TopicReader
from streamer_client.events import Message

TOPIC = "tenant.acme.prices"


class TopicWorld:
    """One conversation about one topic. ``published``: the last number of its history; None: it has no history."""

    def __init__(self, *, published: int | None, first_kept: int = 1, **options: Any) -> None:
        self.now = 1_000.0
        self.core = Conversation(lambda: self.now, chance=lambda: 0.5, **options)
        self.published = published or 0
        self.wire: list[Message] = []
        """The messages on their way to the client."""
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

    def use(self, call: Callable[[], Any]) -> Any:
        """Have the application use the conversation, and the service hear of it."""
        answer = call()
        self._listen()
        return answer

    # --- the network ---------------------------------------------------------------------------------------------

    def connect(self) -> None:
        if self.core.phase == "waiting":
            self.now = max(self.now, self.core.connect_at)
            self.core.connecting()
            self.core.receive({"type": "welcome", "heartbeat_seconds": 20})
            self._listen()

    def cut(self) -> None:
        if self.core.phase == "open":
            self.wire.clear()
            self.is_followed = False
            self.core.disconnected()

    def deliver(self) -> None:
        if self.wire:
            self.core.receive(self.wire.pop(0), 100)
            self._listen()

    def deliver_all(self) -> None:
        while self.wire:
            self.deliver()

    def drop(self) -> None:
        if self.wire:
            self.wire.pop(0)

    def double(self) -> None:
        if self.wire:
            self.wire.insert(0, self.wire[0])

    def wait(self, seconds: float = 0.2) -> None:
        self.now += seconds
        self.core.tick()
        self._listen()

    # --- the service ---------------------------------------------------------------------------------------------

    def publish(self) -> None:
        self.published += 1
        if self.is_followed:
            self.wire.append(self._message(self.published))

    def tell(self, message: Message) -> None:
        """Send what has no number."""
        self.wire.append({"topic": TOPIC, **message})

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
