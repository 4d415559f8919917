"""The things that a client follows, with all readers of each, and the requests among them."""

import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from streamer_client.core.credit import Credit
from streamer_client.core.reader import Reader
from streamer_client.core.ticket import Send
from streamer_client.errors import StreamerError, refusal
from streamer_client.events import ENDED_STATUSES, Message

MAX_PER_MESSAGE = 128
RETRY_SECONDS = 1.0


R = TypeVar("R", bound=Reader)


@dataclass(slots=True)
class Followed(Generic[R]):
    """A request or a topic, and its readers."""

    readers: list[R] = field(default_factory=list)
    is_asked: bool = False
    """True: a ``subscribe`` is on its way, so that another gap needs none."""

    @property
    def is_over(self) -> bool:
        return all(reader.is_over for reader in self.readers)


F = TypeVar("F", bound=Followed[Any])


class Followers(ABC, Generic[F]):
    """Shares the messages of each thing that is followed among its readers, and asks for those that are missing."""

    def __init__(self, send: Send, credit: Credit, clock: Callable[[], float]) -> None:
        self._send = send
        self._credit = credit
        self._clock = clock
        self._followed: dict[str, F] = {}
        self._again: dict[str, float] = {}
        """Names that could not be followed just now, and when to ask again."""

    @abstractmethod
    def _ask(self, name: str) -> None:
        """Subscribe from the first number on that a reader needs."""

    @abstractmethod
    def _acknowledge(self, name: str, seq: int) -> None:
        """Tell the service that the messages up to ``seq`` were taken."""

    @property
    def is_busy(self) -> bool:
        return any(not followed.is_over for followed in self._followed.values())

    @property
    def deadline(self) -> float | None:
        return min(self._again.values(), default=None)

    def fail(self, error: StreamerError) -> None:
        for followed in tuple(self._followed.values()):
            for reader in followed.readers:
                if not reader.is_over:
                    reader.fail(error)

    def _numbered(self, name: str, followed: F, message: Message, size: int) -> None:
        fates = {reader.offer(message, size) for reader in followed.readers}
        if "gap" in fates and not followed.is_asked and not any(reader.is_short for reader in followed.readers):
            self._ask(name)
        if fates == {"old"}:
            # Sent twice, it has to be acknowledged twice, as far as the application is.
            self._acknowledge(name, min(reader.taken for reader in followed.readers))


class Following(Followers[Followed[Reader]]):
    """The requests."""

    def __init__(self, send: Send, credit: Credit, clock: Callable[[], float]) -> None:
        super().__init__(send, credit, clock)
        self._questions: dict[str, list[str]] = {}

    def __contains__(self, request_id: str) -> bool:
        return request_id in self._followed

    def add(self, request_id: str, reader: Reader, *, is_subscribed: bool) -> None:
        """Add a reader. ``is_subscribed``: the server sends the messages from its number on already."""
        reader.request_id = request_id
        self._followed.setdefault(request_id, Followed()).readers.append(reader)
        if not is_subscribed:
            self._subscribe([request_id])

    def remove(self, reader: Reader) -> None:
        """Take a reader away. When none is left, the server need not send any more."""
        reader.discard()
        request_id = reader.request_id
        followed = self._followed.get(request_id or "")
        if request_id is None or followed is None or reader not in followed.readers:
            return
        followed.readers.remove(reader)
        if not followed.readers:
            del self._followed[request_id]
            if not reader.is_over:
                self._send({"type": "unsubscribe", "request_id": request_id})

    def taken(self, reader: Reader, message: Message) -> None:
        """Note that the application took a message; ask again for what had to be let go."""
        if reader.request_id is None:
            return
        if "seq" in message:
            self._credit.take(reader.request_id, message["seq"])
        if reader.is_short and reader.has_free_half:
            reader.is_short = False
            self._subscribe([reader.request_id])

    # --- turns of the connection ---------------------------------------------------------------------------------

    def resume(self) -> None:
        self._subscribe(list(self._followed))

    def lost(self) -> None:
        self._questions.clear()
        self._again.clear()
        for followed in self._followed.values():
            followed.is_asked = False

    def tick(self) -> None:
        now = self._clock()
        due = [name for name, at in self._again.items() if at <= now]
        for name in due:
            del self._again[name]
        self._subscribe(due)

    # --- messages ------------------------------------------------------------------------------------------------

    def receive(self, message: Message, size: int) -> bool:
        kind = message["type"]
        if kind == "subscribed" and "topic" not in message:
            self._subscribed(message)
        elif kind == "error" and message.get("id") in self._questions:
            self._question_refused(self._questions.pop(message["id"]), message["error"])
        elif kind == "waiting" or "seq" in message:
            return self._event(message, size)
        else:
            return False
        return True

    def _event(self, message: Message, size: int) -> bool:
        if message["type"] == "snapshot" and message.get("reason") != "trimmed":
            return False
        request_id = message.get("request_id", "")
        followed = self._followed.get(request_id)
        if followed is None:
            # It must not use up the window of those that are wanted.
            if "seq" in message:
                self._credit.take(request_id, message["seq"])
        elif "seq" in message:
            self._numbered(request_id, followed, message, size)
        else:
            for reader in followed.readers:
                reader.offer_unnumbered(message, size)
        return True

    def _ask(self, name: str) -> None:
        self._subscribe([name])

    def _acknowledge(self, name: str, seq: int) -> None:
        self._credit.take(name, seq)

    def _subscribe(self, wanted: list[str]) -> None:
        names = [name for name in wanted if name in self._followed and not self._followed[name].is_over]
        for first in range(0, len(names), MAX_PER_MESSAGE):
            part = names[first : first + MAX_PER_MESSAGE]
            question = f"subscribe.{uuid.uuid4().hex}"
            self._questions[question] = part
            for name in part:
                self._followed[name].is_asked = True
            cursors = [{"request_id": name, "after_seq": self._needed(name)} for name in part]
            self._send({"type": "subscribe", "id": question, "requests": cursors})

    def _needed(self, name: str) -> int:
        """Return the number from which on somebody still needs the messages."""
        return min(reader.seq for reader in self._followed[name].readers if not reader.is_over)

    def _subscribed(self, message: Message) -> None:
        self._questions.pop(message.get("id", ""), None)
        for answer in message.get("requests") or [message]:
            followed = self._followed.get(answer.get("request_id", ""))
            if followed is None:
                continue
            followed.is_asked = False
            if answer.get("error"):
                self._refused([answer["request_id"]], answer["error"])
            elif answer.get("status") in ENDED_STATUSES:
                for reader in followed.readers:
                    reader.note_end(answer["last_seq"])

    def _question_refused(self, names: list[str], error: Message) -> None:
        """Ask for each alone, if one may have spoilt the question for the others."""
        if len(names) == 1 or error.get("retryable"):
            self._refused(names, error)
            return
        for name in names:
            self._subscribe([name])

    def _refused(self, names: list[str], error: Message) -> None:
        """Fail the readers of what cannot be followed, or ask again later where that can help."""
        for name in names:
            followed = self._followed.get(name)
            if followed is None:
                continue
            followed.is_asked = False
            if error.get("retryable"):
                self._again[name] = self._clock() + (error.get("retry_after") or RETRY_SECONDS)
                continue
            for reader in followed.readers:
                reader.fail(refusal(error))
