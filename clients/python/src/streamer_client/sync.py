"""The client for programs without an event loop. One thread of its own runs one behind it."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Self, TypeVar, Unpack

from streamer_client.client import Client as AsyncClient
from streamer_client.errors import StreamerError
from streamer_client.events import Event, Snapshot, TopicEvent
from streamer_client.feed import FeedEvent
from streamer_client.files.download import OnBytes
from streamer_client.handle import Handle as AsyncHandle
from streamer_client.options import OnProgress, RequestOptions

T = TypeVar("T")


class _Loop:
    """An event loop in a thread, and calls into it that wait for their answers."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="streamer-client", daemon=True)
        self._thread.start()

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:  # Ctrl-C too: nobody waits for it any more
            future.cancel()
            raise

    def iterate(self, items: AsyncIterator[T]) -> Iterator[T]:
        try:
            while True:
                try:
                    yield self.wait(_next(items))
                except StopAsyncIteration:
                    return
        finally:
            self.wait(_close(items))

    def close(self) -> None:
        if self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _next(items: AsyncIterator[T]) -> T:
    return await anext(items)


async def _close(items: Any) -> None:
    if hasattr(items, "aclose"):
        await items.aclose()


class Handle:
    """A request, as ``streamer_client.Handle`` is one: iterate over its events, or ask for its result."""

    def __init__(self, loop: _Loop, handle: AsyncHandle) -> None:
        self._loop = loop
        self._handle = handle

    @property
    def id(self) -> str | None:
        return self._handle.id

    @property
    def request_id(self) -> str | None:
        return self._handle.request_id

    @property
    def last_seq(self) -> int:
        return self._handle.last_seq

    @property
    def acknowledgment(self) -> Mapping[str, Any]:
        return self._handle.acknowledgment

    def __iter__(self) -> Iterator[Event]:
        return self._loop.iterate(self._handle.events())

    def result(self, *, on_progress: OnProgress | None = None) -> Any:
        return self._loop.wait(self._handle.result(on_progress=on_progress))

    def cancel(self) -> None:
        self._loop.wait(self._handle.cancel())

    def status(self) -> Snapshot:
        return self._loop.wait(self._handle.status())


class Client:
    """The same as ``streamer_client.Client``, with calls that block. Use it as a context manager.

    Several threads may share one client. Callbacks such as ``on_progress`` are called in its own thread.
    """

    def __init__(self, url: str, **options: Any) -> None:
        """Set it up. The options are those of ``streamer_client.Client``."""
        self._client = AsyncClient(url, **options)
        self._loop: _Loop | None = None

    def __enter__(self) -> Self:
        self._loop = _Loop()
        self._loop.wait(self._client.__aenter__())
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        loop, self._loop = self._loop, None
        if loop is not None:
            try:
                loop.wait(self._client.close())
            finally:
                loop.close()

    @property
    def is_connected(self) -> bool:
        return self._client.is_connected

    def connect(self) -> None:
        self._running.wait(self._client.connect())

    def run(
        self,
        action: str,
        payload: Mapping[str, object] | None = None,
        *,
        on_progress: OnProgress | Literal["auto"] | None = None,
        **options: Unpack[RequestOptions],
    ) -> Any:
        return self._running.wait(self._client.run(action, payload, on_progress=on_progress, **options))

    def submit(
        self, action: str, payload: Mapping[str, object] | None = None, **options: Unpack[RequestOptions]
    ) -> Handle:
        return self._handle(self._running.wait(self._client.submit(action, payload, **options)))

    def submit_many(
        self, requests: Sequence[tuple[str, Mapping[str, object], RequestOptions]]
    ) -> tuple[Handle | StreamerError, ...]:
        answers = self._running.wait(self._client.submit_many(requests))
        return tuple(one if isinstance(one, StreamerError) else self._handle(one) for one in answers)

    def follow(self, request_id: str, *, after_seq: int = 0) -> Handle:
        return self._handle(self._running.wait(self._follow(request_id, after_seq)))

    def status(self, request_id: str) -> Snapshot:
        return self._running.wait(self._client.status(request_id))

    def cancel(self, request_id: str) -> None:
        self._running.wait(self._client.cancel(request_id))

    def list(self, **filters: Any) -> Iterator[Snapshot]:
        return self._running.iterate(self._client.list(**filters))

    def feed(self, *, cursor: str | None = None, tag: str | None = None) -> Iterator[FeedEvent]:
        return self._running.iterate(self._client.feed(cursor=cursor, tag=tag))

    def topic(self, name: str, *, after_seq: int | None = None) -> Iterator[TopicEvent]:
        return self._running.iterate(self._client.topic(name, after_seq=after_seq))

    def publish(self, topic: str, data: Any) -> int | None:
        return self._running.wait(self._client.publish(topic, data))

    def upload(
        self,
        path: str | os.PathLike[str],
        *,
        name: str | None = None,
        on_bytes: OnBytes | None = None,
        **fields: str,
    ) -> dict[str, Any]:
        return self._running.wait(self._client.upload(path, name=name, on_bytes=on_bytes, **fields))

    def download(
        self,
        artifact: Mapping[str, Any] | str,
        path: str | os.PathLike[str] = ".",
        *,
        on_bytes: OnBytes | None = None,
    ) -> Path:
        return self._running.wait(self._client.download(artifact, path, on_bytes=on_bytes))

    def artifacts(self, request_id: str) -> Iterator[dict[str, Any]]:
        return self._running.iterate(self._client.artifacts(request_id))

    def actions(self) -> tuple[dict[str, Any], ...]:
        return self._running.wait(self._client.actions())

    @property
    def _running(self) -> _Loop:
        if self._loop is None:
            raise RuntimeError("Use the client inside its with block")
        return self._loop

    def _handle(self, handle: AsyncHandle) -> Handle:
        return Handle(self._running, handle)

    async def _follow(self, request_id: str, after_seq: int) -> AsyncHandle:
        return self._client.follow(request_id, after_seq=after_seq)
