"""The server's end of the socket, which sends what a test wants, when it wants it."""

import json
import re
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, WebSocketRoute

REQUEST_ID = "5f0c2b1e-7a52-4a53-9c8e-2f4b6f1f0a11"

Message = dict[str, Any]


class Peer:
    """The server's end of every socket the page opens. Answers by the type of what the page sends."""

    def __init__(self, page: Page) -> None:
        self.heard: list[Message] = []
        self.answers: dict[str, Callable[[Message], list[Message]]] = {
            "list": lambda message: [{"type": "requests", "id": message["id"], "requests": [], "next_cursor": None}],
            "request": lambda message: [acknowledgment(message)],
            "regenerate": lambda message: [acknowledgment(message)],
            "feed": lambda message: [{"type": "subscribed", "id": message["id"], "topic": "requests", "cursor": "c0"}],
        }
        page.route_web_socket(re.compile(r"/ws/$"), self._accept)

    def _accept(self, route: WebSocketRoute) -> None:
        self._route = route
        route.on_message(lambda text: self._hear(json.loads(text)))
        self.say({"type": "welcome", "heartbeat_seconds": 20, "token_expires_in": 3600})

    def _hear(self, message: Message) -> None:
        self.heard.append(message)
        answer = self.answers.get(_kind(message))
        for said in answer(message) if answer else []:
            self.say(said)

    def say(self, message: Message) -> None:
        self._route.send(json.dumps(message))

    def close(self, code: int) -> None:
        self._route.close(code=code)

    def heard_of(self, kind: str) -> list[Message]:
        return [message for message in self.heard if _kind(message) == kind]

    def tell(self, cursor: str, **state: Any) -> None:
        """Send a change in the feed of the user's requests."""
        request = {"action": "generate_report", "seq": 1, "created_at": time.time(), **state}
        self.say({"type": "message", "topic": "requests", "cursor": cursor, "request": request})


def _kind(message: Message) -> str:
    """Return the type, or ``feed`` for the subscription to it."""
    return "feed" if "topic" in message else str(message["type"])


def acknowledgment(message: Message) -> Message:
    return {"type": "acknowledgment", "id": message["id"], "request_id": REQUEST_ID, "status": "queued", "position": 1}


def started() -> Message:
    return {"type": "started", "request_id": REQUEST_ID, "seq": 1, "attempt": 1}


def progress(seq: int, percentage: float) -> Message:
    return {"type": "progress", "request_id": REQUEST_ID, "seq": seq, "percentage": percentage, "message": "Reading"}


def complete(seq: int, **more: Any) -> Message:
    final = {"type": "complete", "request_id": REQUEST_ID, "seq": seq, "success": True, "result": {}, "final": True}
    return {**final, **more}
