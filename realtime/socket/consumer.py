"""The consumer: one connection's lifecycle, from handshake to close. What messages lead to is in ``conversation``."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from typing import Any

from channels.consumer import AsyncConsumer
from django.conf import settings

from jobs.errors import ErrorBody
from jobs.incidents import report_unexpected
from jobs.metrics.counters import Counter
from realtime.auth import Identity
from realtime.connections.open_connection import OpenConnection
from realtime.connections.validity.token_expiry import TokenExpiry
from realtime.limits.large_messages import Refused
from realtime.limits.messages import RateLimit, Verdict
from realtime.shared import drain, limits, registry
from realtime.socket.conversation import Conversation
from realtime.socket.ending import Ending, Send
from realtime.socket.handshake.handshake import Handshake
from realtime.socket.outbox import Outbox
from realtime.socket.reading import Read, is_large, read, read_apart
from realtime.socket.transport import transport_of
from realtime.socket.welcome import welcome
from realtime.wire.batch import take_apart
from realtime.wire.close_codes import CloseCode
from realtime.wire.messages import BatchedRequest, Requests
from realtime.wire.oversized import within_limit
from realtime.wire.protocol import BadMessage, encode, encode_error, wire_bytes

logger = logging.getLogger(__name__)

_RECEIVED = Counter("streamer_messages_received", "Messages of clients on sockets.", "type")
_RECEIVED_BYTES = Counter("streamer_received_bytes", "Bytes of these messages.")

NO_PONG_EVENT = "streamer.no_pong"
"""The event that a server sends when a client answers no pings, instead of cutting the socket off."""
FLOOD_EVENT = "streamer.flood"
"""The event that a server sends when frames come faster than any client needs, and the rest is thrown away."""
# The most messages of one socket that are taken before others have their turn.
_IN_A_ROW = 8
# A message that comes too soon is read for its id only up to this size.
_MAX_READ_IN_VAIN = 16 * 1024
# Slightly more than users may run and have waiting, so that no client within the limits reaches this.
_OUTBOX_BYTES = 16 * 1024 * 1024


class StreamerConsumer(AsyncConsumer):
    """One open WebSocket.

    It has its own receive loop. That of the base class would also subscribe every socket to a channel of its own, and
    wait for a database clean-up on one shared thread at each message.
    """

    async def __call__(self, scope: Mapping[str, Any], receive: Callable[[], Awaitable[Any]], send: Send) -> None:
        self._send = send
        self._transport = transport_of(scope)
        if (await receive())["type"] != "websocket.connect":
            return
        handshake = Handshake(scope, send)
        identity = await handshake.shake()
        if identity is not None:
            await self._converse(identity, handshake, receive)
            # The parts of a connection refer to each other and to the server's, and would all stay until the next full
            # garbage collection.
            self.__dict__.clear()

    async def _converse(self, identity: Identity, handshake: Handshake, receive: Callable[[], Awaitable[Any]]) -> None:
        self._ending = Ending(self._send, self._transport)
        self._outbox = self._ending.outbox = Outbox(
            self._send_text,
            longest_bytes=_OUTBOX_BYTES,
            on_overflow=lambda: self._ending.begin(CloseCode.TOO_SLOW),
            on_failure=self._ending.notice,
        )
        self._expiry = TokenExpiry(warn=self._warn, end=lambda: self._ending.begin(CloseCode.TOKEN_EXPIRED))
        self._connection = self._ending.connection = OpenConnection(
            identity=identity,
            address=handshake.address,
            user_agent=handshake.user_agent,
            close=self._ending.begin,
            outbox=self._outbox,
            transport=self._transport,
            on_identity=self._expiry.watch,
        )
        registry().add(self._connection)
        self._outbox.push(welcome(self._connection))
        self._expiry.watch(identity)
        if drain().begun:  # a proxy may still send clients here; the server stops in a moment, without notice
            self._ending.begin(CloseCode.DRAIN)
        code: int | None = None
        try:
            code = await self._receive_all(receive)
        finally:
            parts: dict[str, Callable[[], object]] = {"expiry": self._expiry.stop}
            subscriptions = 0
            if "_conversation" in vars(self):
                subscriptions = self._conversation.subscriptions
                parts |= self._conversation.parts
            self._ending.finish(code, parts, subscriptions=subscriptions)

    @cached_property
    def _conversation(self) -> Conversation:
        """Make the conversation with the first message: an idle socket needs none."""
        outbox = self._outbox
        conversation = Conversation(
            self._connection, lambda text: outbox.push(within_limit(text)), lambda: outbox.is_congested
        )
        outbox.on_free = conversation.go_on
        return conversation

    @cached_property
    def _rate_limit(self) -> RateLimit:
        return RateLimit(
            per_second=settings.STREAMER_MESSAGES_PER_SECOND,
            burst=settings.STREAMER_MESSAGE_BURST,
            shared=limits().messages.of(**self._connection.client),
        )

    async def _receive_all(self, receive: Callable[[], Awaitable[Any]]) -> int | None:
        """Take messages until the socket is closed. Return the close code."""
        while True:
            if self._connection.messages_in % _IN_A_ROW == _IN_A_ROW - 1:
                await asyncio.sleep(0)  # let other sockets run: waiting for what is there already does not
            event = await receive()
            if event["type"] == "websocket.disconnect":
                code: int | None = event.get("code")
                return code
            if event["type"] == NO_PONG_EVENT:
                self._ending.begin(CloseCode.NO_PONG)
            elif event["type"] == FLOOD_EVENT:
                self._ending.begin(CloseCode.PROTOCOL_ABUSE)
            elif self._ending.code is None:
                if is_large(event):
                    await self._take_large(event)
                else:
                    self._take(event)
                self._connection.messages_out = self._outbox.sent

    def _take(self, event: Mapping[str, Any]) -> None:
        text, size, verdict = self._admit(event)
        begun = time.thread_time()
        if verdict is Verdict.TOO_MANY and size > _MAX_READ_IN_VAIN:
            self._refuse_message(self._rate_limit.error, encode_error(self._rate_limit.error))
            self._charge(verdict, begun)
        elif verdict is not Verdict.ABUSE:
            self._charge(verdict, begun, messages=self._answer(read(text), verdict))
        else:
            self._ending.begin(CloseCode.PROTOCOL_ABUSE)

    async def _take_large(self, event: Mapping[str, Any]) -> None:
        """Take a message that is read on a thread, in its turn. The next one of this connection waits for it.

        A refused one has its turn too, though it is not read: receiving it took time.
        """
        text, size, verdict = self._admit(event)
        if verdict is Verdict.ABUSE:
            self._ending.begin(CloseCode.PROTOCOL_ABUSE)
            return
        if verdict is Verdict.TOO_MANY:
            self._refuse_message(self._rate_limit.error, encode_error(self._rate_limit.error))
        self._transport.pause_reading()
        try:
            await self._read_in_turn(text or "", size, verdict)
        except Refused as refused:
            if verdict is not Verdict.TOO_MANY:
                self._refuse_message(refused.error, encode_error(refused.error))
        finally:
            self._transport.resume_reading()

    async def _read_in_turn(self, text: str, size: int, verdict: Verdict) -> None:
        identity, turns, seconds = self._connection.identity, limits().large_messages, 0.0
        await turns.take((identity.tenant_id, identity.user_id), size)
        try:
            if verdict is not Verdict.TOO_MANY:
                found = await read_apart(text, identity)
                seconds = found.seconds
                if self._ending.code is None:
                    begun = time.thread_time() - seconds
                    self._charge(verdict, begun, messages=self._answer(found, verdict))
        finally:
            turns.end(size, seconds)

    def _admit(self, event: Mapping[str, Any]) -> tuple[str | None, int, Verdict]:
        """Count a frame. Return its text, its size and the verdict on it."""
        self._connection.messages_in += 1
        text: str | None = event.get("text")
        size = len(text or event.get("bytes") or b"")
        in_bytes = size if text is None else wire_bytes(text)
        self._connection.bytes_in += in_bytes
        _RECEIVED_BYTES.count(by=in_bytes)
        return text, size, self._rate_limit.judge(size)

    def _charge(self, verdict: Verdict, begun: float, *, messages: int = 1) -> None:
        """Count the processor time of this thread since ``begun``."""
        seconds, was_refused = time.thread_time() - begun, verdict is Verdict.TOO_MANY
        if self._rate_limit.charge(seconds, messages=messages, was_refused=was_refused) is Verdict.ABUSE:
            self._ending.begin(CloseCode.PROTOCOL_ABUSE)

    def _answer(self, found: Read, verdict: Verdict) -> int:
        """Answer a frame, and return the number of messages in it."""
        message = found.message
        message_id = None if message is None else message.client_id
        _RECEIVED.count("invalid" if message is None else str(message.__struct_config__.tag))
        try:
            if message is None:
                raise found.error or RuntimeError("Nothing was read")
            if isinstance(message, Requests):
                return self._take_batch(message, verdict)
            if verdict is Verdict.TOO_MANY:
                raise BadMessage(self._rate_limit.error, message_id)
            self._conversation.answer(message, found.routed)
        except BadMessage as error:
            self._refuse_message(error.error, error.answer())
        except Exception as error:
            body = report_unexpected(logger, "A message could not be answered", error)
            self._outbox.push(encode_error(body, message_id))
        return 1

    def _take_batch(self, message: Requests, verdict: Verdict) -> int:
        """Take a batch, in which each request counts as a message. ``verdict`` is that on the first one."""
        fine: list[BatchedRequest] = []
        items = take_apart(message, most=settings.STREAMER_MAX_BATCH_REQUESTS)
        for number, item in enumerate(items):
            verdict = self._rate_limit.judge() if number else verdict
            if verdict is Verdict.ABUSE:
                self._ending.begin(CloseCode.PROTOCOL_ABUSE)
                return len(items)
            if isinstance(item, BadMessage):
                self._refuse_message(item.error, item.answer())
            elif verdict is Verdict.TOO_MANY:
                error = self._rate_limit.error
                self._refuse_message(error, encode_error(error, item.client_id, **item.place))
            else:
                fine.append(item)
        self._conversation.answer_all(fine)
        return len(items)

    def _refuse_message(self, error: ErrorBody, answer: str) -> None:
        self._connection.note_refused(error)
        self._outbox.push(answer)

    async def _send_text(self, text: str) -> None:
        await self._send({"type": "websocket.send", "text": text})

    def _warn(self, identity: Identity) -> None:
        self._outbox.push(encode("token_expiring", expires_in=identity.expires_in))


async def refuse(scope: Mapping[str, Any], receive: Callable[[], Awaitable[Any]], send: Send) -> None:
    """Refuse sockets on any other path with 403, before the accept."""
    if (await receive())["type"] == "websocket.connect":
        await send({"type": "websocket.close"})
