"""The consumer: one connection's lifecycle, from handshake to close. What messages lead to is in ``conversation``."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from typing import Any

from channels.consumer import AsyncConsumer
from django.conf import settings

from jobs.errors import ErrorCode, error_body
from jobs.incidents import report_unexpected
from realtime.auth import SUBPROTOCOL, Identity, KeysUnavailable, Unauthorized, token_of, verify
from realtime.connections.drain import after_ms
from realtime.connections.open_connection import OpenConnection
from realtime.shared import drain, registry
from realtime.socket.conversation import Conversation
from realtime.socket.origins import is_origin_allowed
from realtime.socket.outbox import Outbox
from realtime.socket.rate_limit import RateLimit, Verdict
from realtime.wire.batch import take_apart
from realtime.wire.close_codes import CloseCode
from realtime.wire.messages import BatchedRequest, Requests
from realtime.wire.protocol import PROTOCOL, BadMessage, encode, encode_error, encode_goodbye, invalid_binary, parse

logger = logging.getLogger(__name__)

TOKEN_WARNING_SECONDS = 60.0
NO_PONG_EVENT = "streamer.no_pong"
"""The event that a server sends when a client answers no pings, instead of cutting the socket off."""
# Slightly more than users may run and have waiting, so that no client within the limits reaches this.
_OUTBOX_BYTES = 16 * 1024 * 1024
_LAST_WORDS_SECONDS = 3.0
# A server of signing keys that does not answer is given time.
_KEYS_MS = 5_000

Send = Callable[[Mapping[str, Any]], Awaitable[None]]


class StreamerConsumer(AsyncConsumer):
    """One open WebSocket.

    It has its own receive loop. That of the base class would also subscribe every socket to a channel of its own, and
    wait for a database clean-up on one shared thread at each message.
    """

    async def __call__(self, scope: Mapping[str, Any], receive: Callable[[], Awaitable[Any]], send: Send) -> None:
        self._send = send
        self._headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        if (await receive())["type"] != "websocket.connect":
            return
        if not is_origin_allowed(self._headers.get(b"origin")):
            await send({"type": "websocket.close"})  # before accept: the browser tells the page nothing
            return
        await send(
            {"type": "websocket.accept", "subprotocol": SUBPROTOCOL if SUBPROTOCOL in scope["subprotocols"] else None}
        )
        identity = await self._identify(scope)
        if identity is not None:
            await self._converse(scope, identity, receive)

    async def _identify(self, scope: Mapping[str, Any]) -> Identity | None:
        """Identify the client. Return None when the socket was closed because that is impossible."""
        loop = asyncio.get_running_loop()
        try:
            token = token_of(scope["headers"], scope["subprotocols"], scope["query_string"])
            return await loop.run_in_executor(_verifiers(), verify, token)
        except Unauthorized as error:
            await self._refuse(encode_error(error.body()), CloseCode.BAD_TOKEN)
        except KeysUnavailable as error:
            await self._refuse(encode_error(error.body()), CloseCode.DRAIN, least_ms=_KEYS_MS)
        return None

    async def _refuse(self, text: str, code: CloseCode, least_ms: int = 0) -> None:
        for frame in (text, encode_goodbye(code, after_ms=least_ms + after_ms(code))):
            await self._send({"type": "websocket.send", "text": frame})
        await self._send({"type": "websocket.close", "code": int(code), "reason": code.reason})

    # --- an accepted connection ----------------------------------------------------------------------------------

    async def _converse(
        self, scope: Mapping[str, Any], identity: Identity, receive: Callable[[], Awaitable[Any]]
    ) -> None:
        self._closing: asyncio.Future[CloseCode] = asyncio.get_running_loop().create_future()
        self._outbox = Outbox(
            self._send_text, longest_bytes=_OUTBOX_BYTES, on_overflow=lambda: self._close_soon(CloseCode.TOO_SLOW)
        )
        self._connection = OpenConnection(
            identity=identity,
            address=(scope.get("client") or ("",))[0],
            user_agent=self._headers.get(b"user-agent", ""),
            close=self._close_soon,
        )
        self._conversation = Conversation(self._connection, self._outbox.push)
        self._rate_limit = RateLimit(
            per_second=settings.STREAMER_MESSAGES_PER_SECOND, burst=settings.STREAMER_MESSAGE_BURST
        )
        registry().add(self._connection)
        self._outbox.push(_welcome(self._connection))
        if drain().begun:  # a proxy may still send clients here; the server stops in a moment, without notice
            self._close_soon(CloseCode.DRAIN)
        code: int | None = None
        helpers = [
            asyncio.ensure_future(work) for work in (self._outbox.run(), self._watch_token(), self._say_goodbye())
        ]
        try:
            code = await self._receive_all(receive)
        finally:
            for helper in helpers:
                helper.cancel()
            self._conversation.end()
            self._connection.messages_out = self._outbox.sent
            ours = self._closing.result() if self._closing.done() and not self._closing.cancelled() else None
            registry().remove(self._connection, ours or code, ours.reason if ours else "client")

    async def _receive_all(self, receive: Callable[[], Awaitable[Any]]) -> int | None:
        """Take messages until the socket is closed. Return the close code."""
        while True:
            event = await receive()
            if event["type"] == "websocket.disconnect":
                code: int | None = event.get("code")
                return code
            if event["type"] == NO_PONG_EVENT:
                self._close_soon(CloseCode.NO_PONG)
            elif not self._closing.done():
                self._take(event)
                self._connection.messages_out = self._outbox.sent

    def _take(self, event: Mapping[str, Any]) -> None:
        self._connection.messages_in += 1
        verdict = self._rate_limit.judge()
        if verdict is Verdict.ABUSE:
            self._close_soon(CloseCode.PROTOCOL_ABUSE)
            return
        message_id = None
        try:
            text = event.get("text")
            if text is None:
                raise invalid_binary()
            message = parse(text, longest_bytes=settings.STREAMER_MAX_FRAME_BYTES)
            message_id = message.client_id
            if isinstance(message, Requests):
                self._take_batch(message, verdict)
            elif verdict is Verdict.TOO_MANY:
                raise BadMessage(self._rate_limited(), message_id)
            else:
                self._conversation.answer(message)
        except BadMessage as error:
            self._outbox.push(error.answer())
        except Exception as error:
            body = report_unexpected(logger, "A message could not be answered", error)
            self._outbox.push(encode_error(body, message_id))

    def _take_batch(self, message: Requests, verdict: Verdict) -> None:
        """Take a batch, in which each request counts as a message. ``verdict`` is that on the first one."""
        fine: list[BatchedRequest] = []
        for number, item in enumerate(take_apart(message, most=settings.STREAMER_MAX_BATCH_REQUESTS)):
            verdict = self._rate_limit.judge() if number else verdict
            if verdict is Verdict.ABUSE:
                self._close_soon(CloseCode.PROTOCOL_ABUSE)
                return
            if isinstance(item, BadMessage):
                self._outbox.push(item.answer())
            elif verdict is Verdict.TOO_MANY:
                self._outbox.push(encode_error(self._rate_limited(), item.client_id, **item.place))
            else:
                fine.append(item)
        self._conversation.answer_all(fine)

    def _rate_limited(self) -> Any:
        text = f"More than {settings.STREAMER_MESSAGES_PER_SECOND} messages a second"
        return error_body(ErrorCode.RATE_LIMITED, text, retry_after=self._rate_limit.retry_after_seconds)

    async def _send_text(self, text: str) -> None:
        await self._send({"type": "websocket.send", "text": text})

    # --- ending --------------------------------------------------------------------------------------------------

    def _close_soon(self, code: CloseCode) -> None:
        if not self._closing.done():
            self._closing.set_result(code)

    async def _say_goodbye(self) -> None:
        code = await asyncio.shield(self._closing)
        self._outbox.close(encode_goodbye(code, after_ms=after_ms(code)))
        with suppress(TimeoutError):  # a client that does not read must not keep its socket open
            await asyncio.wait_for(self._outbox.finished.wait(), _LAST_WORDS_SECONDS)
        await self._send({"type": "websocket.close", "code": int(code), "reason": code.reason})

    async def _watch_token(self) -> None:
        """Warn before the token expires, and end the connection when a handshake would refuse it.

        A fresh token starts this anew.
        """
        changed = self._connection.identity_changed
        while not self._closing.done():
            changed.clear()
            identity = self._connection.identity
            if await _is_set_before(changed, identity.expires_at - TOKEN_WARNING_SECONDS):
                continue
            self._outbox.push(encode("token_expiring", expires_in=identity.expires_in))
            if not await _is_set_before(changed, identity.refused_at):
                self._close_soon(CloseCode.TOKEN_EXPIRED)


async def refuse(scope: Mapping[str, Any], receive: Callable[[], Awaitable[Any]], send: Send) -> None:
    """Refuse sockets on any other path with 403, before the accept."""
    if (await receive())["type"] == "websocket.connect":
        await send({"type": "websocket.close"})


@cache
def _verifiers() -> ThreadPoolExecutor:
    """Return threads of their own, because keys may come from a slow server."""
    return ThreadPoolExecutor(4, thread_name_prefix="verify")


async def _is_set_before(event: asyncio.Event, unix_seconds: float) -> bool:
    """Wait for the event. Return False when the time is up first."""
    while (left := unix_seconds - time.time()) > 0:
        try:
            # A day at most: an event loop cannot wait for years.
            await asyncio.wait_for(event.wait(), min(left, 86_400))
            return True
        except TimeoutError:
            continue
    return False


def _welcome(connection: OpenConnection) -> str:
    identity = connection.identity
    return encode(
        "welcome",
        connection_id=str(connection.id),
        user_id=identity.user_id,
        tenant_id=identity.tenant_id,
        protocol=PROTOCOL,
        heartbeat_seconds=settings.STREAMER_HEARTBEAT_SECONDS,
        token_expires_in=identity.expires_in,
        limits={
            "frame_bytes": settings.STREAMER_MAX_FRAME_BYTES,
            "messages_per_second": settings.STREAMER_MESSAGES_PER_SECOND,
            "message_burst": settings.STREAMER_MESSAGE_BURST,
            "running_requests": settings.STREAMER_MAX_RUNNING_PER_USER,
            "waiting_requests": settings.STREAMER_MAX_WAITING_PER_USER,
            "batch_requests": settings.STREAMER_MAX_BATCH_REQUESTS,
            "connections": settings.STREAMER_MAX_CONNECTIONS_PER_USER,
            "credit_events": settings.STREAMER_CREDIT_EVENTS,
            "credit_bytes": settings.STREAMER_CREDIT_BYTES,
        },
    )
