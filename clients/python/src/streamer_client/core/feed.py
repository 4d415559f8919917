"""The news of all requests of the user: the topic ``requests``."""

from collections.abc import Callable

from streamer_client.core.ticket import Send, Ticket
from streamer_client.errors import StreamerError, ValidationFailed, refusal
from streamer_client.events import Message

TOPIC = "requests"
RETRY_SECONDS = 5.0
MAX_WAITING = 1_000
_ID = "feed"


class FeedReader(Ticket):
    """One application's place in the feed.

    Of each request, only the latest state waits. Beyond 1,000 the oldest are let go, and ``is_truncated`` says so.
    """

    def __init__(self, cursor: str | None, tag: str | None = None) -> None:
        super().__init__()
        self.cursor = cursor
        self.tag = tag
        self.is_truncated = False
        self._waiting: dict[str, Message] = {}

    def offer(self, message: Message) -> None:
        key = (message.get("request") or {}).get("request_id") or message.get("artifact_id", "")
        self._waiting.pop(key, None)
        if len(self._waiting) >= MAX_WAITING:
            del self._waiting[next(iter(self._waiting))]
            self.is_truncated = True
        self._waiting[key] = message
        self.on_change()

    @property
    def has_news(self) -> bool:
        return bool(self._waiting) or self.is_truncated or self.error is not None

    def take_truncated(self) -> bool:
        """Return True once after messages were left out."""
        was, self.is_truncated = self.is_truncated, False
        return was

    def take(self) -> Message | None:
        if not self._waiting:
            return None
        message = self._waiting.pop(next(iter(self._waiting)))
        self.cursor = message.get("cursor") or self.cursor
        return message


class Feed:
    """Follows the topic while somebody reads it, and goes on from its cursor after a lost connection."""

    def __init__(self, send: Send, clock: Callable[[], float]) -> None:
        self.deadline: float | None = None
        self._send = send
        self._clock = clock
        self._cursor: str | None = None
        self._readers: list[FeedReader] = []

    @property
    def is_busy(self) -> bool:
        return bool(self._readers)

    def add(self, reader: FeedReader) -> None:
        """Give the reader what comes. Raises ``ValidationFailed`` while others read the feed with another tag."""
        if any(other.tag != reader.tag for other in self._readers):
            # A connection has one subscription, and what it brings does not always name the tags.
            text = "This client follows its feed with another tag already; use a client for each"
            raise ValidationFailed(text, code="VALIDATION_ERROR")
        self._readers.append(reader)
        if len(self._readers) == 1 or reader.cursor is not None:
            self._cursor = reader.cursor
            self._subscribe()

    def remove(self, reader: FeedReader) -> None:
        if reader in self._readers:
            self._readers.remove(reader)
            if not self._readers:
                self._send({"type": "unsubscribe", "topic": TOPIC})

    def resume(self) -> None:
        if self._readers:
            self._subscribe()

    def lost(self) -> None:
        self.deadline = None

    def fail(self, error: StreamerError) -> None:
        for reader in self._readers:
            reader.fail(error)

    def tick(self) -> None:
        if self.deadline is not None and self._clock() >= self.deadline:
            self.deadline = None
            self._subscribe()

    def receive(self, message: Message, size: int) -> bool:
        if message["type"] == "error" and message.get("id") == _ID:
            self._refused(message["error"])
            return True
        if message.get("topic") != TOPIC:
            return False
        if message.get("cursor"):
            self._cursor = message["cursor"]
        for reader in self._readers:
            self._give(reader, message)
        return True

    @staticmethod
    def _give(reader: FeedReader, message: Message) -> None:
        if message["type"] in ("message", "result_expiring"):
            reader.offer(message)
        elif message["type"] == "subscribed":
            reader.is_truncated = reader.is_truncated or bool(message.get("truncated"))
            reader.cursor = reader.cursor or message.get("cursor")
            reader.on_change()

    def _refused(self, error: Message) -> None:
        """Begin anew with a cursor that the server does not take; otherwise try again where that can help."""
        if error.get("code") == "VALIDATION_ERROR" and self._cursor is not None:
            self._cursor = None
            for reader in self._readers:
                reader.is_truncated = True
            self._subscribe()
        elif error.get("retryable"):
            self.deadline = self._clock() + (error.get("retry_after") or RETRY_SECONDS)
        else:
            self.fail(refusal(error))

    def _subscribe(self) -> None:
        wanted = {"cursor": self._cursor, "tag": self._readers[0].tag if self._readers else None}
        given = {name: value for name, value in wanted.items() if value}
        self._send({"type": "subscribe", "id": _ID, "topic": TOPIC, **given})
