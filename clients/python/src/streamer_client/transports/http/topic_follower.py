"""Bringing the messages of a topic of the application."""

from collections.abc import Mapping
from typing import Any

from streamer_client.events import Message
from streamer_client.transports.http.follower import Follower
from streamer_client.transports.http.line import Line

_SOON_SECONDS = 1


class TopicFollower(Follower):
    """``after_seq`` None: it brings what comes from now on. ``question`` is the id of the ``subscribe``."""

    def __init__(self, line: Line, topic: str, path: str, *, after_seq: int | None, question: str) -> None:
        super().__init__(line, path)
        self._topic = topic
        self._seq = after_seq
        self._question = question
        self._has_begun = False
        self._has_history = False

    def resume_id(self) -> str:
        return "" if self._seq is None else str(self._seq)

    def poll_params(self) -> Mapping[str, Any]:
        return {} if self._seq is None else {"after_seq": self._seq}

    def poll_seconds(self) -> int:
        """Wait a little at least where the service keeps nothing; and little at first, to say soon where it is."""
        if not self._has_begun:
            return _SOON_SECONDS
        return super().poll_seconds() or (0 if self._has_history else _SOON_SECONDS)

    async def take(self, message: Message, size: int) -> None:
        seq = message.get("seq")
        if isinstance(seq, int):
            await self.line.window.admit(self._topic, seq)
            self._seq = seq
        elif message["type"] == "subscribed":
            message = {**message, "id": self._question}
            self._begin(message.get("last_seq"))
        self.line.push(message, size)

    async def take_page(self, page: Mapping[str, Any]) -> bool:
        messages = page.get("messages", [])
        is_first = not self._has_begun
        if is_first:
            last = page.get("last_seq")
            if self._seq is None and messages and last is not None:
                last = messages[0]["seq"] - 1
            told = {} if last is None else {"last_seq": last}
            await self.take({"type": "subscribed", "topic": self._topic, **told}, 0)
        for message in messages:
            await self.take(message, len(str(message)))
        return is_first or bool(messages)

    def opened(self) -> None:
        """Tell nothing: the stream's first event does, or the first page."""

    async def nothing_more(self) -> None:
        """Do nothing: a topic does not end."""

    def refused(self, error: Mapping[str, Any]) -> None:
        self.line.push({"type": "error", "success": False, "id": self._question, "error": dict(error)})

    def _begin(self, last_seq: int | None) -> None:
        self._has_begun = True
        self._has_history = last_seq is not None
        if self._seq is None:
            self._seq = last_seq
