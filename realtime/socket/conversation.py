"""The answers to each message of a client. Slow work runs in tasks, so no message delays another's answer."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from typing import Any, TypeVar

from django.conf import settings
from django.db import Error as DatabaseError

from jobs.errors import ErrorBody, ErrorCode, error_body
from jobs.execution.inline import InlineFailure
from jobs.facts import begin_message
from jobs.incidents import report_unexpected
from jobs.repeats import REPEATS
from jobs.requests.writer import Overloaded
from realtime.answers import inline
from realtime.answers.refusal import Refusal
from realtime.answers.router import Mode, Route, route_request
from realtime.answers.submissions import Chosen, work_of
from realtime.auth import Identity
from realtime.connections.open_connection import OpenConnection
from realtime.delivery.credit import CreditWindow
from realtime.socket.asking.questions import Questions
from realtime.socket.asking.steering import Steering
from realtime.socket.authentication import Authentication
from realtime.socket.backpressure import Backpressure
from realtime.socket.reading import Routed
from realtime.socket.refusing import Refusing
from realtime.socket.submitting import Submitting
from realtime.socket.subscriptions import Subscriptions
from realtime.socket.topics.topics import Topics
from realtime.wire.close_codes import CloseCode
from realtime.wire.messages import (
    Authenticate,
    Cancel,
    ClientMessage,
    Extend,
    List,
    Ping,
    Publish,
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
    """The conversation of one connection. It answers messages through ``push``.

    While ``is_congested``, messages that are in the log stay there. ``go_on`` sends them.
    """

    def __init__(
        self, connection: OpenConnection, push: Callable[[str], None], is_congested: Callable[[], bool] = lambda: False
    ) -> None:
        self._connection = connection
        self._push = push
        self._window = CreditWindow(
            most_events=settings.STREAMER_CREDIT_EVENTS,
            most_bytes=settings.STREAMER_CREDIT_BYTES,
            is_congested=is_congested,
        )
        self._refusing = Refusing(connection, push)

        def who() -> Identity:
            return connection.identity

        topics = Topics(who, push, self._refusing, self._window)
        self._followed = Subscriptions(who, push, self._refusing, self._window, topics)
        self._submitting = Submitting(connection, push, self._followed, self._window)
        self._backpressure = Backpressure(
            self._window, resume=self._followed.go_on, give_up=lambda: connection.close(CloseCode.TOO_SLOW)
        )
        self._tasks: set[asyncio.Task[None]] = set()
        # Messages that depend on each other (subscribe, unsubscribe …) are answered one after the other.
        self._lane = asyncio.Lock()
        questions = Questions(who, push, self._refusing)
        steering = Steering(who, push, self._refusing, self._submitting)
        authentication = Authentication(connection, push, self._refusing, self._followed.judge_again)
        self._answers: Mapping[type[ClientMessage], Callable[[Any], None]] = {
            Ping: self._pong,
            Received: self._backpressure.take,
            Request: self._request,
            Subscribe: self._in_lane(self._followed.subscribe),
            Unsubscribe: self._in_lane(self._followed.unsubscribe),
            Publish: self._in_lane(topics.publish),
            Cancel: self._in_lane(steering.cancel),
            Status: self._in_lane(questions.status),
            List: self._in_lane(questions.list),
            Extend: self._in_lane(steering.extend),
            Regenerate: self._beside(steering.regenerate),
            Authenticate: self._in_lane(authentication.renew),
        }
        """The method that answers each type of message. ``Requests`` come here one by one, by way of ``answer_all``."""

    def answer(self, message: ClientMessage, routed: Routed | None = None) -> None:
        """Returns at once. Raises ``BadMessage`` for a message that is refused without any work.

        ``routed``: the route of a request, if that is known already.
        """
        if routed is not None and isinstance(message, Request):
            self._request(message, routed)
        else:
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

    def go_on(self) -> None:
        self._followed.go_on()

    @property
    def subscriptions(self) -> int:
        """The number of requests that are followed."""
        return len(self._followed)

    @property
    def parts(self) -> Mapping[str, Callable[[], object]]:
        """The function that ends each part of the conversation. None needs another to work."""
        return {
            "messages in work": self._cancel_tasks,
            "backpressure": self._backpressure.end,
            "topics": self._followed.end_topics,
            "subscriptions": self._followed.end,
        }

    def _cancel_tasks(self) -> None:
        for task in self._tasks:
            task.cancel()

    # --- tasks ---------------------------------------------------------------------------------------------------

    def _in_lane(self, work: Callable[[M], Awaitable[None]]) -> Callable[[M], None]:
        return lambda message: self._spawn_all([message], partial(work, message), in_lane=True)

    def _beside(self, work: Callable[[M], Awaitable[None]]) -> Callable[[M], None]:
        return lambda message: self._spawn_all([message], partial(work, message))

    def _spawn_all(
        self, messages: Sequence[ClientMessage], work: Callable[[], Awaitable[None]], *, in_lane: bool = False
    ) -> None:
        if len(self._tasks) >= MAX_CONCURRENT:
            text = f"{MAX_CONCURRENT} messages of this connection are being answered, which is the most allowed"
            raise BadMessage(error_body(ErrorCode.RATE_LIMITED, text, retry_after=1.0), messages[0].client_id)
        task = asyncio.get_running_loop().create_task(self._guard(messages, work, in_lane))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guard(
        self, messages: Sequence[ClientMessage], work: Callable[[], Awaitable[None]], in_lane: bool
    ) -> None:
        """Make sure that the client gets an answer to each of its messages, whatever error occurs."""
        if len(messages) == 1 and isinstance(messages[0], Request):
            begin_message(work_of(messages[0], self._connection.identity))
        try:
            async with self._lane if in_lane else nullcontext():
                await work()
            return
        except (DatabaseError, Overloaded) as error:
            logger.warning("Not answered for now: %s", error, extra=REPEATS)
            body = error_body(
                ErrorCode.SERVICE_UNAVAILABLE,
                "The service cannot do this right now; try again shortly",
                retry_after=5.0,
            )
        except Exception as error:
            body = report_unexpected(logger, f"A message of type '{type(messages[0]).__name__}' failed", error)
        for message in messages:
            self._error(message, body)

    # --- requests ------------------------------------------------------------------------------------------------

    def _route(self, message: Request, routed: Routed | None = None) -> Route:
        try:
            if isinstance(routed, Refusal):
                raise routed
            return routed or route_request(message, self._connection.identity)
        except Refusal as refusal:
            self._refusing.log(refusal.error, {"action": message.action})
            raise BadMessage(refusal.error, message.client_id) from None

    def _request(self, message: Request, routed: Routed | None = None) -> None:
        chosen = self._route(message, routed)
        if chosen.mode is Mode.INLINE:
            self._spawn_all([message], partial(self._answer_inline, chosen, message))
        else:
            self._spawn_all([message], partial(self._submitting.submit, [(message, chosen)]))

    async def _answer_inline(self, chosen: Route, message: Request) -> None:
        try:
            answer = await inline.run(message, chosen, self._connection.identity, face="socket")
        except InlineFailure as failure:
            self._error(message, failure.error)
        else:
            self._push(inline.response(message, chosen, answer))

    def _pong(self, message: Ping) -> None:
        self._push(encode("pong", message.id))

    def _error(self, message: ClientMessage, body: ErrorBody) -> None:
        self._connection.note_refused(body)
        self._push(encode_error(body, message.client_id, **message.place))
