"""Bringing the events of one request."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from streamer_client.events import ENDED_STATUSES, Message, is_final
from streamer_client.transports.http.follower import Follower
from streamer_client.transports.http.line import Line


class RequestFollower(Follower):
    """``question`` is the id of the ``subscribe`` that asked for it; None where a submission did."""

    def __init__(self, line: Line, request_id: str, *, after_seq: int, question: str | None) -> None:
        self._request_path = f"api/requests/{quote(request_id, safe='')}/"
        super().__init__(line, f"{self._request_path}events/")
        self._request_id = request_id
        self._seq = after_seq
        self._question = question
        self._is_told = question is None

    def resume_id(self) -> str:
        return str(self._seq) if self._seq else ""

    def poll_params(self) -> Mapping[str, Any]:
        return {"after_seq": self._seq}

    async def take(self, message: Message, size: int) -> None:
        seq = message.get("seq")
        if isinstance(seq, int):
            await self.line.window.admit(self._request_id, seq)
            self._seq = seq
        self.is_done = is_final(message)
        self.line.push(message, size)

    async def take_page(self, page: Mapping[str, Any]) -> bool:
        for message in page.get("events", []):
            await self.take(message, len(str(message)))
        return bool(page.get("events"))

    def opened(self) -> None:
        self._tell({})

    def refused(self, error: Mapping[str, Any]) -> None:
        self._is_told = False
        self._tell({"error": error})

    async def nothing_more(self) -> None:
        """Say that the request has ended, if all its events were had before."""
        state = (await self.line.api.call("GET", self._request_path)).body
        if state.get("status") in ENDED_STATUSES and state.get("seq") == self._seq:
            self.is_done = True
            self._is_told = False
            self._tell({"status": state["status"], "last_seq": self._seq})

    def _tell(self, facts: Mapping[str, Any]) -> None:
        """Answer the ``subscribe``, once."""
        if not self._is_told:
            self._is_told = True
            answers = [{"request_id": self._request_id, **facts}]
            self.line.push({"type": "subscribed", "id": self._question, "requests": answers})
