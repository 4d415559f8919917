"""Bringing one log or feed to a channel: by a stream while that works, by polls where it does not."""

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import httpx

from streamer_client.errors import Unavailable
from streamer_client.events import Message
from streamer_client.transports.http.api import Answer, answer_of
from streamer_client.transports.http.event_stream import EventStream, ServerEvent
from streamer_client.transports.http.line import Line
from streamer_client.transports.http.pace import (
    BETWEEN_POLLS_SECONDS,
    LONG_POLL_SECONDS,
    SHORT_POLL_SECONDS,
    SILENT_SECONDS,
)

_CUT_SHORT = (httpx.RemoteProtocolError, httpx.ReadError, httpx.StreamError)
_EXTRA_SECONDS = 15.0


class Follower(ABC):
    """Runs until the end of what it follows, or of the channel."""

    def __init__(self, line: Line, path: str) -> None:
        self.line = line
        self.is_done = False
        self._path = path

    async def run(self) -> None:
        try:
            while not self.is_done:
                await (self._stream() if self.line.pace.way == "stream" else self._poll())
        except Unavailable:
            self.line.end()
        except httpx.HTTPError:
            self.line.end()

    # --- what differs --------------------------------------------------------------------------------------------

    @abstractmethod
    def resume_id(self) -> str:
        """Return the id of the last event that was had; "" for none."""

    def stream_params(self) -> Mapping[str, Any]:
        """Return the parameters of a stream, beside the place where it goes on."""
        return {}

    @abstractmethod
    def poll_params(self) -> Mapping[str, Any]:
        """Return the parameters of the next poll, without ``wait``."""

    def poll_seconds(self) -> int:
        """Return how long the service may hold the next poll."""
        return LONG_POLL_SECONDS if self.line.pace.way == "long_poll" else 0

    @abstractmethod
    async def take(self, message: Message, size: int) -> None:
        """Pass one message on."""

    @abstractmethod
    async def take_page(self, page: Mapping[str, Any]) -> bool:
        """Pass the messages of a poll on; False if there were none."""

    @abstractmethod
    def opened(self) -> None:
        """Note that the service lets it follow."""

    @abstractmethod
    def refused(self, error: Mapping[str, Any]) -> None:
        """Pass on that it may not follow."""

    @abstractmethod
    async def nothing_more(self) -> None:
        """Find out whether there is an end that was had before."""

    # --- streams -------------------------------------------------------------------------------------------------

    async def _stream(self) -> None:
        parser = EventStream()
        had_news = False
        try:
            async with self.line.api.stream(
                self._path, headers=self._headers(), params=self.stream_params(), read_seconds=SILENT_SECONDS
            ) as answer:
                if not _is_event_stream(answer):
                    await self._no_stream(await answer_of(answer))
                    return
                self.opened()
                async for data in answer.aiter_bytes():
                    for event in parser.feed(data):
                        had_news = await self._event(event) or had_news
        except httpx.ReadTimeout:
            self.line.pace.stream_was_silent()
        except _CUT_SHORT:
            pass  # it goes on where it was
        if not self.is_done:
            self.line.pace.stream_ended(had_news=had_news)
            await asyncio.sleep(0 if had_news else parser.retry_seconds or SHORT_POLL_SECONDS)

    def _headers(self) -> dict[str, str]:
        resume = {"Last-Event-ID": self.resume_id()} if self.resume_id() else {}
        return {"Accept": "text/event-stream", **resume}

    async def _event(self, event: ServerEvent) -> bool:
        """Pass one event of the stream on; True if it was news."""
        message = json.loads(event.data)
        if event.event == "goodbye":
            self.is_done = True
            self.line.goodbye(message)
            return False
        await self.take(message, len(event.data))
        return True

    async def _no_stream(self, answer: Answer) -> None:
        if answer.status == 204:
            await self.nothing_more()
        elif answer.status == 200:
            self.line.pace.stream_was_silent()  # it knows no streams
        else:
            await self._problem(answer)

    # --- polls ---------------------------------------------------------------------------------------------------

    async def _poll(self) -> None:
        wait = self.poll_seconds()
        began_at = asyncio.get_running_loop().time()
        params = {**self.poll_params(), "wait": wait}
        answer = await self.line.api.call("GET", self._path, params=params, read_seconds=wait + _EXTRA_SECONDS)
        if answer.status != 200:
            await self._problem(answer)
            return
        self.opened()
        if await self.take_page(answer.body):
            await asyncio.sleep(0 if self.is_done else BETWEEN_POLLS_SECONDS)
            return
        if asyncio.get_running_loop().time() - began_at < SHORT_POLL_SECONDS:
            await self.nothing_more()
            await asyncio.sleep(SHORT_POLL_SECONDS)

    async def _problem(self, answer: Answer) -> None:
        """Wait where that can help; otherwise tell who follows."""
        error = answer.error
        if answer.status == 401:
            self.is_done = True
            self.line.unauthorized(error)
        elif error is not None and not error.get("retryable"):
            self.is_done = True
            self.refused(error)
        else:
            if answer.status == 429:
                self.line.pace.way = "short_poll"  # only so many may be held open
            await asyncio.sleep((error or {}).get("retry_after") or SHORT_POLL_SECONDS)


def _is_event_stream(answer: httpx.Response) -> bool:
    return answer.status_code == 200 and answer.headers.get("Content-Type", "").startswith("text/event-stream")
