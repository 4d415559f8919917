"""A network in memory between a client and a service, and the time of both."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from streamer_client.core.conversation import Conversation
from streamer_client.events import Message


class Network(ABC):
    """One conversation. Its network drops, doubles and reorders; a subclass is the service behind it."""

    def __init__(self, **options: Any) -> None:
        self.now = 1_000.0
        self.core = Conversation(lambda: self.now, chance=lambda: 0.5, **options)
        self.wire: list[Message] = []
        """The messages on their way to the client."""
        self._is_up = False

    @abstractmethod
    def _listen(self) -> None:
        """Have the service hear what the client has sent."""

    @abstractmethod
    def _begin(self) -> None:
        """Have the service forget what it knew of the connection before."""

    def connect(self) -> None:
        if self.core.phase == "waiting":
            self.now = max(self.now, self.core.connect_at)
            self.core.connecting()
            self._is_up = True
            self._begin()
            self.core.receive({"type": "welcome", "heartbeat_seconds": 20})
            self._listen()

    def cut(self) -> None:
        """Lose the connection, though the client may have given it up before."""
        if self._is_up:
            self._is_up = False
            self.wire.clear()
            self.core.disconnected()

    def deliver(self, place: int = 0) -> None:
        """Hand the client one message, the first or one further behind."""
        if self.wire:
            self.core.receive(self.wire.pop(min(place, len(self.wire) - 1)), 100)
            self._listen()

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

    def use(self, call: Callable[[], Any]) -> Any:
        """Have the application use the conversation, and the service hear of it."""
        answer = call()
        self._listen()
        return answer
