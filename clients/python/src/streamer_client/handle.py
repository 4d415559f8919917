"""One request, as the application holds it."""

import asyncio
import inspect
import weakref
from collections.abc import AsyncIterator, Mapping
from typing import Any

from streamer_client.core.reader import Reader
from streamer_client.errors import StreamerError
from streamer_client.events import Event, Message, Progress, Snapshot, event_of, is_final
from streamer_client.options import OnProgress
from streamer_client.outcome import result_of
from streamer_client.talk import Talk
from streamer_client.waiting import Waiter


class Handle:
    """A request that was submitted or is followed.

    Iterate over it to get its events, each once and in order, up to the final one. One iteration at a time: events that
    one has got do not come again. A handle that nobody holds any more is not followed any longer; the request runs on.
    """

    def __init__(self, talk: Talk, reader: Reader, *, id: str | None, acknowledgment: Message | None = None) -> None:
        self.id = id
        """The client's id of the request; None if it was not submitted here."""
        self.acknowledgment: Mapping[str, Any] = acknowledgment or {}
        """The answer of the service when it took the request: ``position``, ``duplicate``, ``warnings`` …"""
        self._talk = talk
        self._reader = reader
        self._waiter = Waiter(reader)
        self._is_read = False
        self._final: Message | None = None
        finalizer = weakref.finalize(self, _leave, talk, reader, asyncio.get_running_loop())
        finalizer.atexit = False

    @property
    def request_id(self) -> str | None:
        """The service's id of the request; None for an inline action, which is not stored."""
        return self._reader.request_id

    @property
    def last_seq(self) -> int:
        """The number of the last event that was taken: where another process can go on following."""
        return self._reader.taken

    def __aiter__(self) -> AsyncIterator[Event]:
        return self.events()

    async def events(self) -> AsyncIterator[Event]:
        """Yield the events up to the final one. Raises ``StreamerError`` when they cannot be had any more."""
        if self._is_read:
            raise RuntimeError("The events of this request are being read already")
        self._is_read = True
        try:
            while (message := await self._next()) is not None:
                yield event_of(message)
        finally:
            self._is_read = False
            self._waiter.wake()

    async def result(self, *, on_progress: OnProgress | None = None) -> Any:
        """Return the result. Raises ``RequestFailed``, ``RequestCancelled``, or another ``StreamerError``.

        It takes the events, unless somebody iterates over them; then it waits for the end that they come to.
        """
        while self._final is None and not self._is_drained:
            if self._is_read:
                await self._waiter.until(lambda: self._final is not None or not self._is_read or self._is_drained)
            else:
                await self._read_to_the_end(on_progress)
        if self._final is not None:
            return result_of(self._final)
        if self._reader.error is not None:
            raise self._reader.error
        return result_of((await self.status()).raw)

    async def cancel(self) -> None:
        """Ask for the request to be stopped. The final event tells how it ended, or that it had ended before."""
        await self._talk.cancel(self._stored_id())

    async def status(self) -> Snapshot:
        """Return the state of the request as of now."""
        return await self._talk.status(self._stored_id())

    @property
    def _is_drained(self) -> bool:
        return self._reader.is_over and not len(self._reader)

    async def _read_to_the_end(self, on_progress: OnProgress | None) -> None:
        async for event in self.events():
            if on_progress is not None and isinstance(event, Progress):
                answer = on_progress(event)
                if inspect.isawaitable(answer):
                    await answer

    async def _next(self) -> Message | None:
        """Return the next message; None after the last. Raises the error that ends them early."""
        await self._waiter.until(lambda: len(self._reader) > 0 or self._reader.is_over)
        message = self._talk.take(self._reader)
        if message is None and self._reader.error is not None:
            raise self._reader.error
        if message is not None and is_final(message):
            self._final = message
        if self._is_drained:
            self._talk.leave(self._reader)
        return message

    def _stored_id(self) -> str:
        if self.request_id is None:
            raise StreamerError("An inline action is not stored: it has no status, and cannot be cancelled")
        return self.request_id


def _leave(talk: Talk, reader: Reader, loop: asyncio.AbstractEventLoop) -> None:
    """End the reading, from whichever thread the garbage is collected in."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(talk.leave, reader)
