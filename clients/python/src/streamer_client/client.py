"""The client: everything that an application does with the service."""

import asyncio
import logging
import os
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, Literal, Self, TypeVar, Unpack
from urllib.parse import quote

from streamer_client.address import parse_address
from streamer_client.core.conversation import Conversation
from streamer_client.core.outbox import MAX_WAITING, Submission
from streamer_client.errors import ConnectionStopped, StreamerError, Unauthorized
from streamer_client.events import Snapshot, TopicEvent, snapshot_of, topic_event_of
from streamer_client.feed import FeedEvent, feed_event_of
from streamer_client.files.download import Download, OnBytes, wanted_of
from streamer_client.files.upload import upload
from streamer_client.handle import Handle
from streamer_client.notebook import NotebookBar, notebook_progress
from streamer_client.options import OnProgress, RequestOptions, request_message
from streamer_client.session import Dial, Session
from streamer_client.talk import Talk
from streamer_client.tokens import TokenProvider, Tokens
from streamer_client.transports.dialer import Dialer, Transport
from streamer_client.transports.http.api import HttpApi, problem
from streamer_client.transports.websocket import Proxy

logger = logging.getLogger("streamer_client")
T = TypeVar("T")


class Client:
    """A connection to the service that mends itself. Use it as an asynchronous context manager.

    It connects in the background, so that nothing waits until something is asked for.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        token_provider: TokenProvider | None = None,
        transport: Transport = "auto",
        queue_limit: int = MAX_WAITING,
        proxy: Proxy = True,
        dial: Dial | None = None,
    ) -> None:
        """Set it up for ``https://host`` or ``wss://host/ws/``.

        ``token`` is one fixed token; ``token_provider`` makes one for each connection. ``transport`` is ``auto`` (a
        WebSocket; HTTP where that does not get through), or ``websocket``, ``stream`` or ``poll`` alone.
        ``queue_limit`` is the most requests that wait while there is no connection. ``proxy`` is the URL of a proxy;
        True takes it from the environment, None takes none. ``dial`` replaces the transports, for tests.
        """
        self.address = parse_address(url)
        self._tokens = Tokens(token, token_provider)
        self._queue_limit = queue_limit
        self._proxy: Proxy = proxy
        self._transport: Transport = transport
        self._dial = dial
        self._running: asyncio.Task[None] | None = None
        self._opened: Talk | None = None

    async def __aenter__(self) -> Self:
        clock = asyncio.get_running_loop().time
        self._core = Conversation(clock, max_waiting=self._queue_limit, can_renew_token=self._tokens.can_renew)
        self._api = HttpApi(self.address, proxy=self._proxy)
        self._dialer = Dialer(self.address, self._api, self._tokens, transport=self._transport, proxy=self._proxy)
        self._session = Session(self._core, self._dial or self._dialer.dial, self._tokens)
        self._dialer.on_better = self._session.come_back
        self._opened = Talk(self._core, self._session)
        self._running = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection. What still waits fails with ``ConnectionStopped``; requests run on."""
        if self._opened is None:
            return
        self._core.stop(ConnectionStopped("The client is closed"))
        running, self._running = self._running, None
        if running is not None:
            await self._session.close()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await self._dialer.close()

    @property
    def is_connected(self) -> bool:
        return self._opened is not None and self._session.is_connected

    async def connect(self) -> None:
        """Wait for the first connection. Raises ``ConnectionStopped`` and other errors after which none will come.

        There is no need to call it: whatever is asked for waits by itself. Use it with ``asyncio.timeout``.
        """
        if self._running is None:
            raise ConnectionStopped("The client is closed")
        opened = asyncio.create_task(self._session.opened.wait())
        await asyncio.wait([opened, self._running], return_when=asyncio.FIRST_COMPLETED)
        opened.cancel()
        if self._core.stop_error is not None:
            raise self._core.stop_error

    # --- requests ------------------------------------------------------------------------------------------------

    async def run(
        self,
        action: str,
        payload: Mapping[str, object] | None = None,
        *,
        on_progress: OnProgress | Literal["auto"] | None = None,
        **options: Unpack[RequestOptions],
    ) -> Any:
        """Have an action done, and return its result. Raises ``RequestFailed`` and other ``StreamerError``.

        ``on_progress`` is called with each ``Progress``; "auto" shows a bar in a notebook, and nothing elsewhere.
        If the call is cancelled, for instance by ``asyncio.timeout``, the request runs on.
        """
        show = notebook_progress() if on_progress == "auto" else on_progress
        has_completed = False
        try:
            handle = await self.submit(action, payload, **options)
            result = await handle.result(on_progress=show)
            has_completed = True
            return result
        finally:
            if isinstance(show, NotebookBar):
                show.end(has_completed=has_completed)

    async def submit(
        self, action: str, payload: Mapping[str, object] | None = None, **options: Unpack[RequestOptions]
    ) -> Handle:
        """Send a request, and return its handle once the service has it. Raises its refusal.

        Without a connection it waits for one. The same ``id`` runs once, however often it is sent.
        """
        return self._handle(await self._talk.submit(request_message(action, payload, options)))

    async def submit_many(
        self, requests: Sequence[tuple[str, Mapping[str, object], RequestOptions]]
    ) -> tuple[Handle | StreamerError, ...]:
        """Send requests in as few messages as can be. Return the handle, or the refusal, of each in their order."""
        messages = [request_message(action, payload, options) for action, payload, options in requests]
        submissions = await self._talk.submit_many(messages)
        return tuple(submission.error or self._handle(submission) for submission in submissions)

    def follow(self, request_id: str, *, after_seq: int = 0) -> Handle:
        """Follow a request that was submitted elsewhere, from the event after ``after_seq`` on."""
        return Handle(self._talk, self._talk.follow(request_id, after_seq=after_seq), id=None)

    async def status(self, request_id: str) -> Snapshot:
        """Return the state of a request as of now."""
        return await self._talk.status(request_id)

    async def cancel(self, request_id: str) -> None:
        """Ask for a request to be stopped. One that has ended already is fine."""
        await self._talk.cancel(request_id)

    async def list(
        self,
        *,
        status: str | None = None,
        action: str | None = None,
        tag: str | None = None,
        q: str | None = None,
        created_after: float | None = None,
        created_before: float | None = None,
        page_size: int = 50,
    ) -> AsyncIterator[Snapshot]:
        """Yield the states of the user's requests, newest first. Times are Unix seconds, ``q`` is words to find."""
        wanted = {"status": status, "action": action, "tag": tag, "q": q}
        wanted |= {"created_after": created_after, "created_before": created_before}  # type: ignore[dict-item]
        filters = {name: value for name, value in wanted.items() if value is not None}
        cursor: dict[str, str] = {}
        while True:
            page = await self._talk.ask({"type": "list", "limit": page_size, **filters, **cursor})
            for state in page["requests"]:
                yield snapshot_of(state)
            if not page.get("next_cursor"):
                return
            cursor = {"cursor": page["next_cursor"]}

    async def feed(self, *, cursor: str | None = None, tag: str | None = None) -> AsyncIterator[FeedEvent]:
        """Yield what changes in all requests of the user, wherever they were submitted. It does not end by itself.

        ``tag``: only those that have it. Feeds that are open at once must have the same: else ``ValidationFailed``.
        """
        async for reader, message in self._talk.feed(cursor, tag or None):
            yield feed_event_of(message, reader.cursor)

    async def topic(self, name: str, *, after_seq: int | None = None) -> AsyncGenerator[TopicEvent, None]:
        """Yield what is published to a topic after the number ``after_seq``, or from now on. It does not end by itself.

        Raises ``NotFound`` for a topic that does not exist or may not be followed.
        """
        async with aclosing(self._talk.topic(name, after_seq)) as messages:
            async for message in messages:
                yield topic_event_of(message)

    async def publish(self, topic: str, data: Any) -> int | None:
        """Send to all who follow a topic, and return the number of the message; None without a history.

        Raises ``Unavailable`` when the connection is lost before the answer: it may have been sent.
        """
        message = {"type": "publish", "topic": topic, "data": data}
        seq: int | None = (await self._talk.ask(message, repeats=False)).get("seq")
        return seq

    # --- files and actions ---------------------------------------------------------------------------------------

    async def upload(
        self,
        path: str | os.PathLike[str],
        *,
        name: str | None = None,
        on_bytes: OnBytes | None = None,
        **fields: str,
    ) -> dict[str, Any]:
        """Upload a table, and return the description of the dataset: ``dataset_id``, ``name``, ``columns`` …

        ``on_bytes(sent, total)`` is told how far it is. ``fields``: ``sheet``, ``header``, ``expires_in_days``.
        """
        named = {**fields, **({"name": name} if name else {})}
        return await self._with_token(lambda: upload(self._api, Path(path), fields=named, on_bytes=on_bytes))

    async def download(
        self,
        artifact: Mapping[str, Any] | str,
        path: str | os.PathLike[str] = ".",
        *,
        on_bytes: OnBytes | None = None,
    ) -> Path:
        """Fetch a file of a result to a path, or into a folder, and return where it is.

        ``artifact`` is its description or its URL. A part that an earlier call left is gone on from, if it is of the
        same file. Size and sha256 are checked. Raises ``TransferFailed``, ``NotFound``.
        """
        wanted = wanted_of(artifact)
        return await self._with_token(lambda: Download(self._api, wanted, Path(path), on_bytes).run())

    async def artifacts(self, request_id: str) -> AsyncIterator[dict[str, Any]]:
        """Yield the descriptions of all files of a request. Each is what ``download`` takes."""
        cursor: dict[str, str] = {}
        while True:
            page = await self._get(f"api/requests/{quote(request_id, safe='')}/artifacts/", cursor)
            for artifact in page["artifacts"]:
                yield artifact
            if not page.get("next_cursor"):
                return
            cursor = {"cursor": page["next_cursor"]}

    async def actions(self) -> tuple[dict[str, Any], ...]:
        """Return the actions that the token may do, each with the JSON Schema of its payload."""
        return tuple((await self._get("api/actions/"))["actions"])

    # --- inside --------------------------------------------------------------------------------------------------

    @property
    def _talk(self) -> Talk:
        if self._opened is None:
            raise RuntimeError("Use the client inside its async with block")
        return self._opened

    def _handle(self, submission: Submission) -> Handle:
        return Handle(self._talk, submission.reader, id=submission.id, acknowledgment=submission.answer)

    async def _get(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        async def get() -> dict[str, Any]:
            answer = await self._api.call("GET", path, params=params)
            if answer.status != 200:
                raise problem(answer)
            return answer.body

        return await self._with_token(get)

    async def _with_token(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do what needs a token; if that has expired, once more with a fresh one."""
        _ = self._talk  # it is open, or this raises
        self._api.token = await self._tokens.get()
        try:
            return await work()
        except Unauthorized as error:
            if not self._tokens.can_renew or error.details.get("reason") != "token_expired":
                raise
        self._api.token = await self._tokens.get(force=True)
        return await work()

    async def _run(self) -> None:
        try:
            await self._session.run()
        except Exception as error:
            logger.exception("The client stops because of a fault of its own")
            self._core.stop(StreamerError(f"The client has a fault: {error!r}"))
