"""A service in memory that runs requests, and an application."""

from collections.abc import Callable
from typing import Any

from fakes.network import Network
from streamer_client.core.outbox import Submission
from streamer_client.core.reader import Reader
from streamer_client.events import Message

WINDOW = 256


class World(Network):
    """One conversation, and the service it talks to."""

    def __init__(self, *, events: int, **options: Any) -> None:
        super().__init__(**options)
        self.runs: dict[str, str] = {}
        """The requests that the service stored: the client's id, and the service's."""
        self.most_unacknowledged = 0
        self._events = events
        self._sent: dict[str, int] = {}
        self._acknowledged: dict[str, int] = {}
        self._has_window = False

    def push(self) -> None:
        """Have the service send the next event of each request that is followed, where the window lets it."""
        for request_id, seq in list(self._sent.items()):
            out = sum(max(0, sent - self._acknowledged.get(name, 0)) for name, sent in self._sent.items())
            if seq < self._events and not (self._has_window and out >= WINDOW):
                self._sent[request_id] = seq + 1
                self.wire.append(self._event(request_id, seq + 1))

    def settle(self, take: Callable[[], object]) -> None:
        """Let everything come to its end without another fault."""
        for _ in range(self._events * 20 + 100):
            self.connect()
            self.push()
            while self.wire:
                self.deliver()
            self.use(take)
            self.wait(0.2)

    # --- the service ---------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._sent.clear()

    def _listen(self) -> None:
        for frame in self.core.take_frames():
            match frame["type"]:
                case "request":
                    request_id = self.runs.setdefault(frame["id"], f"stored-{len(self.runs)}")
                    self.wire.append({"type": "acknowledgment", "id": frame["id"], "request_id": request_id})
                    self._sent.setdefault(request_id, 0)
                case "subscribe":
                    answers = [{"request_id": one["request_id"]} for one in frame["requests"]]
                    self.wire.append({"type": "subscribed", "id": frame["id"], "requests": answers})
                    self._sent.update((one["request_id"], one["after_seq"]) for one in frame["requests"])
                case "received":
                    self._has_window = True
                    self._acknowledged[frame["request_id"]] = frame["seq"]

    def _event(self, request_id: str, seq: int) -> Message:
        ids = {"request_id": request_id, "seq": seq}
        if seq == self._events:
            return {"type": "complete", "result": {"of": request_id}, "final": True, **ids}
        return {"type": "partial", "data": seq, **ids}


class Application:
    """Takes what comes, and remembers the numbers."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.taken: dict[Reader, list[int]] = {}
        self.submissions: list[Submission] = []

    def submit(self) -> None:
        [submission] = self.world.use(lambda: self.world.core.submit({"action": "report"}))
        self.submissions.append(submission)
        self.taken[submission.reader] = []

    def follow(self, request_id: str, after_seq: int) -> Reader:
        reader: Reader = self.world.use(lambda: self.world.core.follow(request_id, after_seq=after_seq))
        self.taken[reader] = []
        return reader

    def take(self) -> None:
        for reader, seqs in self.taken.items():
            message = self.world.core.take(reader)
            if message is not None:
                seqs.append(message["seq"])

    def take_all(self) -> None:
        before = -1
        while before != (before := sum(map(len, self.taken.values()))):
            self.take()
