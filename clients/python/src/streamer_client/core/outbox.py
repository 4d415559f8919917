"""The requests that the server has not answered yet."""

import uuid
from collections.abc import Callable, Iterator, Sequence

from streamer_client.core.following import Following
from streamer_client.core.reader import Reader
from streamer_client.core.sendable import BATCH, Limits, size_of
from streamer_client.core.ticket import Send, Ticket
from streamer_client.errors import QueueFull, StreamerError, refusal
from streamer_client.events import Message

MAX_WAITING = 1_000
MAX_PER_BATCH = 100
RETRY_SECONDS = 1.0


class Submission(Ticket):
    """One request on its way. ``answer`` is the server's acknowledgment, or the response of an inline action.

    Raises ``ValidationFailed`` for a message that cannot be sent.
    """

    def __init__(self, message: Message, reader: Reader) -> None:
        super().__init__()
        self.id: str = message["id"]
        self.message = message
        self.size = size_of(message)
        self.reader = reader
        self.answer: Message | None = None
        self.batch: str | None = None
        """The name of the batch that it was sent with, if any."""

    @property
    def is_answered(self) -> bool:
        return self.answer is not None or self.error is not None


class Outbox:
    """Keeps each request until its answer, and sends it again on each new connection: its id keeps it from running
    twice.
    """

    def __init__(
        self, send: Send, following: Following, clock: Callable[[], float], *, max_waiting: int = MAX_WAITING
    ) -> None:
        self.is_online = False
        self.deadline: float | None = None
        self.limits = Limits()
        self._send = send
        self._following = following
        self._clock = clock
        self._max_waiting = max_waiting
        self._waiting: dict[str, Submission] = {}

    @property
    def is_busy(self) -> bool:
        return bool(self._waiting)

    def add(self, submissions: Sequence[Submission]) -> None:
        """Send requests, as one message if there are several. Raises ``QueueFull``."""
        if not self.is_online and len(self._waiting) + len(submissions) > self._max_waiting:
            raise QueueFull(self._max_waiting)
        if len(submissions) > 1:
            self._name_batches(submissions)
        self._waiting.update((one.id, one) for one in submissions)
        self._transmit(submissions)

    def withdraw(self, submission: Submission) -> None:
        """Forget a request for which nobody waits any more. What was sent may run all the same."""
        if self._waiting.get(submission.id) is submission:
            del self._waiting[submission.id]

    # --- turns of the connection ---------------------------------------------------------------------------------

    def resume(self) -> None:
        self.is_online = True
        self._transmit(list(self._waiting.values()))

    def lost(self) -> None:
        self.is_online = False
        self.deadline = None

    def fail(self, error: StreamerError) -> None:
        for submission in self._take_all():
            submission.fail(error)

    def tick(self) -> None:
        if self.deadline is not None and self._clock() >= self.deadline:
            self.deadline = None
            self._transmit(list(self._waiting.values()))

    # --- messages ------------------------------------------------------------------------------------------------

    def receive(self, message: Message, size: int) -> bool:
        submission = self._waiting.get(message.get("id", ""))
        kind = message["type"]
        if submission is None:
            return kind in ("acknowledgment", "response") or self._is_unnamed_refusal(message)
        if kind == "error" and "seq" not in message:
            self._settle(submission).fail(refusal(message["error"]))
        elif kind == "response":
            self._answer(submission, message, size)
        elif kind == "acknowledgment":
            self._bind(submission, message["request_id"])
            self._answer(submission, message, size)
        else:
            if "seq" in message:  # it came before its acknowledgment
                self._bind(submission, message["request_id"])
            return False
        return True

    def _answer(self, submission: Submission, message: Message, size: int) -> None:
        submission.answer = message
        if message["type"] == "response":
            submission.reader.offer_answer(message, size)
        self._settle(submission).on_change()

    def _bind(self, submission: Submission, request_id: str) -> None:
        """Have its reader get the messages. Whoever sends a request follows it, from its first message on."""
        if submission.reader.request_id is None:
            is_new = request_id not in self._following
            self._following.add(request_id, submission.reader, is_subscribed=is_new)

    def _settle(self, submission: Submission) -> Submission:
        return self._waiting.pop(submission.id, submission)

    def _is_unnamed_refusal(self, message: Message) -> bool:
        """Have all sent again when one was refused unread, so that the error cannot name it."""
        error = message.get("error") or {}
        if message["type"] != "error" or error.get("code") != "RATE_LIMITED" or "id" in message or "seq" in message:
            return False
        self.deadline = self._clock() + (error.get("retry_after") or RETRY_SECONDS)
        return True

    def _take_all(self) -> list[Submission]:
        submissions = list(self._waiting.values())
        self._waiting.clear()
        return submissions

    # --- sending -------------------------------------------------------------------------------------------------

    @staticmethod
    def _name_batches(submissions: Sequence[Submission]) -> None:
        for first in range(0, len(submissions), MAX_PER_BATCH):
            name = uuid.uuid4().hex
            for submission in submissions[first : first + MAX_PER_BATCH]:
                submission.batch = name

    def _transmit(self, submissions: Sequence[Submission]) -> None:
        """Send each request, those of one batch together, in the order in which they came."""
        batches: dict[str, list[Submission]] = {}
        for submission in submissions:
            if not self.limits.allow(submission.size):
                self._settle(submission).fail(self.limits.refusal(submission.size))
            else:
                batches.setdefault(submission.batch or submission.id, []).append(submission)
        for batch in batches.values():
            for part in self._parts(batch):
                self._send_together([submission.message for submission in part])

    def _parts(self, batch: Sequence[Submission]) -> Iterator[list[Submission]]:
        """Yield the requests of a batch, as many at a time as fit into one message."""
        part: list[Submission] = []
        size = BATCH
        for submission in batch:
            if part and not self.limits.allow(size + submission.size):
                yield part
                part, size = [], BATCH
            part.append(submission)
            size += submission.size
        yield part

    def _send_together(self, messages: Sequence[Message]) -> None:
        if len(messages) == 1:
            self._send({"type": "request", **messages[0]})
        else:
            self._send({"type": "requests", "requests": list(messages)})
