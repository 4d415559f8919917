"""The messages that came over HTTP and were not handed out yet."""

import asyncio
import json
from typing import Any

from streamer_client.events import Message
from streamer_client.transports.channel import Ended
from streamer_client.transports.http.api import Answer, HttpApi
from streamer_client.transports.http.pace import Pace
from streamer_client.transports.http.window import Window

_EXPIRED = 4010
_BAD_TOKEN = 4500


class Line:
    """The receiving end of one channel, and what all that feeds it has in common."""

    def __init__(self, api: HttpApi, pace: Pace) -> None:
        self.api = api
        self.pace = pace
        self.window = Window()
        self._arrived: asyncio.Queue[tuple[Message, int] | Ended] = asyncio.Queue()

    async def receive(self) -> tuple[Message, int]:
        item = await self._arrived.get()
        if isinstance(item, Ended):
            raise item
        return item

    def push(self, message: Message, size: int | None = None) -> None:
        self._arrived.put_nowait((message, len(json.dumps(message)) if size is None else size))

    def end(self, code: int | None = None) -> None:
        self._arrived.put_nowait(Ended(code))

    def goodbye(self, message: Message) -> None:
        self.push(message)
        self.end(message.get("code"))

    def unauthorized(self, error: dict[str, Any] | None, *, at_once: bool = False) -> None:
        """End because the token is not accepted. ``at_once``: it never was, in this channel."""
        if at_once:
            self.push({"type": "error", "success": False, "error": error or {}})
        self.end(_BAD_TOKEN if at_once else _EXPIRED)

    def answer(self, question: Message, kind: str, answer: Answer) -> None:
        """Push an answer of the API as the message of ``kind`` that a socket would bring, or its error."""
        named = {"id": question["id"]} if "id" in question else {}
        if answer.status == 401:
            self.unauthorized(answer.error)
        elif answer.error is not None:
            self.push({"type": "error", "success": False, **answer.body, **named})
        elif answer.status >= 400:
            self.end()  # something on the way answered; the service may not have heard
        else:
            self.push({**answer.body, "type": kind, **named})
