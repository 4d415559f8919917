"""Messages that are answered once: ``status``, ``list``, ``cancel``, ``publish`` and others."""

import uuid

from streamer_client.core.outbox import MAX_WAITING
from streamer_client.core.ticket import Send, Ticket
from streamer_client.errors import QueueFull, StreamerError, Unavailable, refusal
from streamer_client.events import Message


class Question(Ticket):
    """``repeats``: it may be asked again on the next connection; else a lost connection fails it."""

    def __init__(self, message: Message, *, repeats: bool) -> None:
        super().__init__()
        self.message = message
        self.repeats = repeats
        self.answer: Message | None = None


class Questions:
    """Keeps each question until its answer. A new connection hears those again that do no harm twice."""

    deadline: float | None = None

    def __init__(self, send: Send, *, max_waiting: int = MAX_WAITING) -> None:
        self._send = send
        self._max_waiting = max_waiting
        self._asked: dict[str, Question] = {}
        self._is_online = False

    @property
    def is_busy(self) -> bool:
        return bool(self._asked)

    def ask(self, message: Message, *, repeats: bool = True) -> Question:
        if len(self._asked) >= self._max_waiting:
            raise QueueFull(self._max_waiting)
        question_id = f"{message['type']}.{uuid.uuid4().hex}"
        question = Question({**message, "id": question_id}, repeats=repeats)
        self._asked[question_id] = question
        self._send(question.message)
        return question

    def forget(self, question: Question) -> None:
        self._asked.pop(question.message["id"], None)

    def resume(self) -> None:
        self._is_online = True
        for question in self._asked.values():
            self._send(question.message)

    def lost(self) -> None:
        """Keep what may be asked again, and what was not sent yet."""
        was_online, self._is_online = self._is_online, False
        for question in tuple(self._asked.values()) if was_online else ():
            if not question.repeats:
                self.forget(question)
                text = "The connection was lost before the answer: the service may have heard, or not"
                question.fail(Unavailable(text, code="SERVICE_UNAVAILABLE", retryable=True))

    def fail(self, error: StreamerError) -> None:
        while self._asked:
            self._asked.popitem()[1].fail(error)

    def receive(self, message: Message, size: int) -> bool:
        question = self._asked.pop(message.get("id", ""), None)
        if question is None:
            return False
        if message["type"] == "error":
            question.fail(refusal(message["error"]))
        else:
            question.answer = message
            question.on_change()
        return True

    def tick(self) -> None:
        """Do nothing: an answer takes as long as it takes."""
