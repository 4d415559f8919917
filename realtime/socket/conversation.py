"""The answers to each message of a client. Slow work runs in tasks, so no message delays another's answer."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from typing import Any, TypeVar

from django.conf import settings
from django.db import Error as DatabaseError
from django.db.models import Q

from jobs.contract.registry import all_handlers
from jobs.errors import ErrorBody, ErrorCode, error_body
from jobs.execution.inline import InlineFailure, run_inline
from jobs.incidents import report_unexpected
from jobs.requests.reads import owned_by
from jobs.requests.writer import Overloaded
from realtime.connections.open_connection import OpenConnection
from realtime.delivery.credit import CreditWindow
from realtime.socket.authentication import Authentication
from realtime.socket.backpressure import Backpressure
from realtime.socket.questions import Questions
from realtime.socket.router import Mode, Refusal, Route, route
from realtime.socket.steering import Steering
from realtime.socket.submitting import Chosen, Submitting
from realtime.socket.subscriptions import Subscriptions
from realtime.socket.topics import Topics
from realtime.wire.close_codes import CloseCode
from realtime.wire.messages import (
    Authenticate,
    Cancel,
    ClientMessage,
    Extend,
    List,
    Ping,
    Received,
    Regenerate,
    Request,
    Status,
    Subscribe,
    Unsubscribe,
)
from realtime.wire.protocol import BadMessage, encode, encode_error

logger = logging.getLogger(__name__)

MAX_CONCURRENT = 128
"""The most messages of one connection that are worked on at the same time."""


M = TypeVar("M", bound=ClientMessage)


class Conversation:
    """The conversation of one connection. It answers messages through ``push``."""

    def __init__(self, connection: OpenConnection, push: Callable[[str], None]) -> None:
        self._connection = connection
        self._push = push
        self._window = CreditWindow(
            most_events=settings.STREAMER_CREDIT_EVENTS, most_bytes=settings.STREAMER_CREDIT_BYTES
        )
        self._followed = Subscriptions(self._owner, push, self._window, Topics(connection.identity, push))
        self._submitting = Submitting(connection, push, self._followed, self._window)
        self._backpressure = Backpressure(
            self._window, resume=self._followed.go_on, give_up=lambda: connection.close(CloseCode.TOO_SLOW)
        )
        self._tasks: set[asyncio.Task[None]] = set()
        # Messages that depend on each other (subscribe, unsubscribe …) are answered one after the other.
        self._lane = asyncio.Lock()
        questions = Questions(self._owner, push)
        steering = Steering(lambda: connection.identity, self._owner, push, self._submitting)
        authentication = Authentication(connection, push)
        self._answers: Mapping[type[ClientMessage], Callable[[Any], None]] = {
            Ping: self._pong,
            Received: self._backpressure.take,
            Request: self._request,
            Subscribe: self._in_lane(self._followed.subscribe),
            Unsubscribe: self._in_lane(self._followed.unsubscribe),
            Cancel: self._in_lane(steering.cancel),
            Status: self._in_lane(questions.status),
            List: self._in_lane(questions.list),
            Extend: self._in_lane(steering.extend),
            Regenerate: self._beside(steering.regenerate),
            Authenticate: self._in_lane(authentication.renew),
        }
        """The method that answers each type of message. ``Requests`` come here one by one, by way of ``answer_all``."""

    def answer(self, message: ClientMessage) -> None:
        """Returns at once. Raises ``BadMessage`` for a message that is refused without any work."""
        self._answers[type(message)](message)

    def answer_all(self, batch: Sequence[Request]) -> None:
        """Answer each request of a batch as if it had come alone; those that are stored share a commit."""
        queued: list[Chosen] = []
        for message in batch:
            try:
                chosen = self._route(message)
                if chosen.mode is Mode.INLINE:
                    self._spawn_all([message], partial(self._answer_inline, chosen, message))
                else:
                    queued.append((message, chosen))
            except BadMessage as error:
                self._error(message, error.error)
            except Exception as error:
                self._error(message, report_unexpected(logger, "A request of a batch could not be routed", error))
        if not queued:
            return
        messages = [message for message, _ in queued]
        try:
            self._spawn_all(messages, partial(self._submitting.submit, queued))
        except BadMessage as error:
            for message in messages:
                self._error(message, error.error)

    def end(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._backpressure.end()
        self._followed.end()

    # --- tasks ---------------------------------------------------------------------------------------------------

    def _in_lane(self, work: Callable[[M], Awaitable[None]]) -> Callable[[M], None]:
        return lambda message: self._spawn_all([message], partial(work, message), in_lane=True)

    def _beside(self, work: Callable[[M], Awaitable[None]]) -> Callable[[M], None]:
        return lambda message: self._spawn_all([message], partial(work, message))

    def _spawn_all(
        self, messages: Sequence[ClientMessage], work: Callable[[], Awaitable[None]], *, in_lane: bool = False
    ) -> None:
        if len(self._tasks) >= MAX_CONCURRENT:
            text = f"{MAX_CONCURRENT} messages of this connection are in work, which is the most allowed"
            raise BadMessage(error_body(ErrorCode.RATE_LIMITED, text, retry_after=1.0), messages[0].client_id)
        task = asyncio.get_running_loop().create_task(self._guard(messages, work, in_lane))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guard(
        self, messages: Sequence[ClientMessage], work: Callable[[], Awaitable[None]], in_lane: bool
    ) -> None:
        """Make sure that the client gets an answer to each of its messages, whatever error occurs."""
        try:
            async with self._lane if in_lane else nullcontext():
                await work()
            return
        except (DatabaseError, Overloaded) as error:
            logger.warning("Not answered for now: %s", error)
            body = error_body(ErrorCode.SERVICE_UNAVAILABLE, "This cannot be done right now", retry_after=5.0)
        except Exception as error:
            body = report_unexpected(logger, f"A message of type '{type(messages[0]).__name__}' failed", error)
        for message in messages:
            self._error(message, body)

    # --- requests ------------------------------------------------------------------------------------------------

    def _route(self, message: Request) -> Route:
        threshold = settings.STREAMER_INLINE_THRESHOLD_SECONDS
        try:
            return route(message, self._connection.identity, all_handlers(), inline_threshold_seconds=threshold)
        except Refusal as refusal:
            raise BadMessage(refusal.error, message.client_id) from None

    def _request(self, message: Request) -> None:
        chosen = self._route(message)
        if chosen.mode is Mode.INLINE:
            self._spawn_all([message], partial(self._answer_inline, chosen, message))
        else:
            self._spawn_all([message], partial(self._submitting.submit, [(message, chosen)]))

    async def _answer_inline(self, chosen: Route, message: Request) -> None:
        identity = self._connection.identity
        try:
            answer = await run_inline(
                chosen.handler,
                chosen.payload,
                tenant_id=identity.tenant_id,
                user_id=identity.user_id,
                fresh=not message.cache,
            )
        except InlineFailure as failure:
            self._error(message, failure.error)
            return
        warnings = {"warnings": chosen.warnings} if chosen.warnings else {}
        fields = {**message.place, "data": answer.data, "metadata": {**answer.metadata, **warnings}}
        self._push(encode("response", message.client_id, request_id=message.client_id, success=True, **fields))

    def _pong(self, message: Ping) -> None:
        self._push(encode("pong", message.id))

    def _owner(self) -> Q:
        identity = self._connection.identity
        return owned_by(identity.tenant_id, identity.user_id)

    def _error(self, message: ClientMessage, body: ErrorBody) -> None:
        self._push(encode_error(body, message.client_id, **message.place))
