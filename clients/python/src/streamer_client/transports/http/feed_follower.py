"""Bringing the news of all requests of the user."""

from collections.abc import Mapping
from typing import Any

from streamer_client.events import Message
from streamer_client.transports.http.follower import Follower
from streamer_client.transports.http.line import Line


class FeedFollower(Follower):
    def __init__(self, line: Line, *, cursor: str, tag: str | None, question: str) -> None:
        super().__init__(line, "api/feed/")
        self._cursor = cursor
        self._tag = {"tag": tag} if tag else {}
        self._question = question

    def resume_id(self) -> str:
        return self._cursor

    def stream_params(self) -> Mapping[str, Any]:
        return self._tag

    def poll_params(self) -> Mapping[str, Any]:
        return {**self._tag, **({"cursor": self._cursor} if self._cursor else {})}

    async def take(self, message: Message, size: int) -> None:
        self._cursor = message.get("cursor") or self._cursor
        self.line.push(message, size)

    async def take_page(self, page: Mapping[str, Any]) -> bool:
        messages = page.get("messages", [])
        if page.get("truncated") or (page.get("cursor") and not self._cursor):
            told = {"cursor": page.get("cursor"), "truncated": bool(page.get("truncated"))}
            self.line.push({"type": "subscribed", "topic": "requests", "id": self._question, **told})
        for message in messages:
            self.line.push(message)
        self._cursor = page.get("cursor") or self._cursor
        return bool(messages)

    def opened(self) -> None:
        """Tell nothing: the stream's first event does."""

    async def nothing_more(self) -> None:
        """Do nothing: a feed does not end."""

    def refused(self, error: Mapping[str, Any]) -> None:
        self.line.push({"type": "error", "success": False, "id": self._question, "error": dict(error)})
