"""What each message of a client leads to. Slow work runs in tasks, so no message holds up another's answer."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import Error as DatabaseError

from jobs.contract.registry import all_handlers
from jobs.errors import ErrorBody, ErrorCode, error_body
from jobs.execution.inline import InlineFailure, run_inline
from jobs.incidents import report_unexpected
from jobs.requests.cancellation import AlreadyFinished, request_cancel
from jobs.requests.reads import NotFound, find_explained, list_page, owned_by, snapshot
from jobs.requests.writer import Overloaded
from realtime.auth import KeysUnavailable, Unauthorized, verify
from realtime.connections.open_connection import OpenConnection
from realtime.database import in_database
from realtime.delivery.credit import CreditWindow
from realtime.socket.backpressure import Backpressure
from realtime.socket.extending import answer_extend
from realtime.socket.regeneration import answer_regenerate
from realtime.socket.router import Mode, Refusal, Route, route
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
"""Messages of one connection that may be in work at the same moment."""


M = TypeVar("M", bound=ClientMessage)


class Conversation:
    """Answers the messages of one connection by way of ``push``."""

    def __init__(self, connection: OpenConnection, push: Callable[[str], None]) -> None:
        self._connection = connection
        self._push = push
        self._window = CreditWindow(
            most_events=settings.STREAMER_CREDIT_EVENTS, most_bytes=settings.STREAMER_CREDIT_BYTES
        )
        self._followed = Subscriptions(self._owner, push, self._window)
        self._submitting = Submitting(connection, push, self._followed, self._window)
        self._topics = Topics(connection.identity, push)
        self._backpressure = Backpressure(
            self._window, resume=self._followed.go_on, give_up=lambda: connection.close(CloseCode.TOO_SLOW)
        )
        self._tasks: set[asyncio.Task[None]] = set()
        # Messages that depend on each other (subscribe, unsubscribe …) are answered one after the other.
        self._lane = asyncio.Lock()

    def answer(self, message: ClientMessage) -> None:
        """Returns at once. Raises ``BadMessage`` for a message that is refused without any work."""
        match message:
            case Ping():
                self._push(encode("pong", message.id))
            case Received():
                self._backpressure.take(message)
            case Request():
                self._request(message)
            case Subscribe() if message.topic is not None:
                self._spawn(message, self._topics.subscribe, in_lane=True)
            case Unsubscribe() if message.topic is not None:
                self._spawn(message, self._topics.unsubscribe, in_lane=True)
            case Subscribe():
                self._spawn(message, self._followed.subscribe, in_lane=True)
            case Unsubscribe():
                self._spawn(message, self._followed.unsubscribe, in_lane=True)
            case Cancel():
                self._spawn(message, self._cancel, in_lane=True)
            case Status():
                self._spawn(message, self._status, in_lane=True)
            case List():
                self._spawn(message, self._list, in_lane=True)
            case Extend():
                self._spawn(message, partial(answer_extend, owner=self._owner, push=self._push), in_lane=True)
            case Regenerate():
                self._spawn(message, self._regenerate)
            case Authenticate():
                self._spawn(message, self._authenticate, in_lane=True)

    def answer_all(self, batch: Sequence[Request]) -> None:
        """Answer each request of a batch as if it had come alone; those that are stored share a commit."""
        queued: list[Chosen] = []
        for message in batch:
            try:
                chosen = self._route(message)
                if chosen.mode is Mode.INLINE:
                    self._spawn(message, partial(self._answer_inline, chosen))
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
        self._topics.end()

    # --- tasks ---------------------------------------------------------------------------------------------------

    def _spawn(self, message: M, work: Callable[[M], Awaitable[None]], *, in_lane: bool = False) -> None:
        self._spawn_all([message], partial(work, message), in_lane=in_lane)

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
        """Whatever goes wrong, the client gets an answer to each of its messages."""
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
            self._spawn(message, partial(self._answer_inline, chosen))
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
        fields = {**message.place, "data": answer.data, "metadata": answer.metadata}
        self._push(encode("response", message.client_id, request_id=message.client_id, success=True, **fields))

    async def _regenerate(self, message: Regenerate) -> None:
        identity = self._connection.identity
        submit = self._submitting.submit
        await answer_regenerate(message, identity=identity, owner=self._owner, submit=submit, push=self._push)

    # --- questions -----------------------------------------------------------------------------------------------

    def _owner(self) -> Any:
        identity = self._connection.identity
        return owned_by(identity.tenant_id, identity.user_id)

    async def _status(self, message: Status) -> None:
        body = await in_database(find_explained, message.request_id, self._owner())
        if body is None:
            self._error(message, not_found(), request_id=message.request_id)
        else:
            self._push(encode("snapshot", message.id, **{**body, **_echo(message), "reason": "status"}))

    async def _cancel(self, message: Cancel) -> None:
        try:
            row = await in_database(request_cancel, message.request_id, owner=self._owner())
        except NotFound:
            self._error(message, not_found(), request_id=message.request_id)
        except AlreadyFinished as error:
            text = f"The request is already {error} and cannot be cancelled"
            body = error_body(ErrorCode.VALIDATION_ERROR, text, details={"status": str(error)})
            self._error(message, body, request_id=message.request_id)
        else:
            self._push(encode("snapshot", message.id, **{**snapshot(row), **_echo(message), "reason": "cancel"}))

    async def _list(self, message: List) -> None:
        try:
            rows, cursor = await in_database(
                list_page,
                self._owner(),
                status=message.status,
                action=message.action,
                limit=message.limit,
                cursor=message.cursor,
            )
        except ValueError as error:
            self._error(message, error_body(ErrorCode.VALIDATION_ERROR, str(error)))
        else:
            self._push(encode("requests", message.id, requests=[snapshot(row) for row in rows], next_cursor=cursor))

    async def _authenticate(self, message: Authenticate) -> None:
        try:
            fresh = await asyncio.to_thread(verify, message.token)
        except Unauthorized as error:
            body = error_body(ErrorCode.UNAUTHORIZED, str(error), details={"reason": error.reason})
            self._error(message, body)
            return
        except KeysUnavailable:
            body = error_body(ErrorCode.SERVICE_UNAVAILABLE, "Tokens cannot be checked right now", retry_after=5.0)
            self._error(message, body)
            return
        current = self._connection.identity
        if (fresh.user_id, fresh.tenant_id) != (current.user_id, current.tenant_id):
            text = "This token is of another user or tenant; open another connection for it"
            body = error_body(ErrorCode.UNAUTHORIZED, text, details={"reason": "other_identity"})
            self._error(message, body)
            return
        self._connection.take_identity(fresh)
        self._push(encode("authenticated", message.id, token_expires_in=round(fresh.expires_at - time.time(), 1)))

    def _error(self, message: ClientMessage, body: ErrorBody, *, request_id: UUID | None = None) -> None:
        fields = {"request_id": request_id} if request_id else {}
        self._push(encode_error(body, message.client_id, **message.place, **fields))


def not_found() -> ErrorBody:
    return error_body(ErrorCode.NOT_FOUND, "There is no such request")


def _echo(message: ClientMessage) -> dict[str, Any]:
    """The id of the question; the request's own id goes by ``client_id`` in an answer."""
    return {} if message.id is None else {"id": message.id}
