"""The end of one connection: the goodbye where the server ends it, and the clean-up, whatever ends it."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.utils import timezone

from jobs.incidents import report_unexpected
from jobs.metrics.counters import Counter
from realtime.connections.drain import after_ms
from realtime.connections.open_connection import OpenConnection
from realtime.shared import drain, registry
from realtime.socket.outbox import Outbox
from realtime.socket.transport import Transport
from realtime.wire.close_codes import CloseCode
from realtime.wire.protocol import encode_goodbye

_CLOSED = Counter("streamer_connections_closed", "Sockets that were let in and ended.", "code")
logger = logging.getLogger(__name__)

_LAST_WORDS_SECONDS = 3.0
_KNOWN_CODES = frozenset({*map(int, CloseCode), 1000, 1001, 1005, 1006})

Send = Callable[[Mapping[str, Any]], Awaitable[None]]


class Ending:
    """The ending of one connection. ``outbox`` and ``connection`` are set before anything can end it."""

    outbox: Outbox
    connection: OpenConnection

    def __init__(self, send: Send, transport: Transport) -> None:
        self._send = send
        self._transport = transport
        self.code: CloseCode | None = None
        """The code with which the server ends the connection; None while it does not."""
        self._goodbye: asyncio.Task[None] | None = None
        self._is_over = False

    def begin(self, code: CloseCode) -> None:
        """Say goodbye and close, unless that goes on already."""
        if self.code is None and not self._is_over:
            self.code = code
            self._goodbye = asyncio.get_running_loop().create_task(self._say_goodbye(code))
            self._goodbye.add_done_callback(self._notice_failure)

    async def _say_goodbye(self, code: CloseCode) -> None:
        try:
            async with asyncio.timeout(_LAST_WORDS_SECONDS):
                await self.outbox.finish(encode_goodbye(code, after_ms=after_ms(code)))
                await self._send({"type": "websocket.close", "code": int(code), "reason": code.reason})
        except OSError:  # a time-out too: a client that does not read must not keep its socket open
            self._transport.abort()

    def _notice_failure(self, goodbye: asyncio.Future[None]) -> None:
        if not goodbye.cancelled() and (error := goodbye.exception()):
            self.notice(error)

    def notice(self, error: BaseException) -> None:
        """End the connection when a message cannot be sent, because nobody else would notice."""
        report_unexpected(logger, "A task of a connection failed", error, connection_id=str(self.connection.id))
        self.begin(CloseCode.SERVER_ERROR)

    # --- clean-up ------------------------------------------------------------------------------------------------

    def finish(
        self, client_code: int | None, parts: Mapping[str, Callable[[], object]], *, subscriptions: int = 0
    ) -> None:
        """End all parts of the connection, by their names, take it out of the registry, and log it. Never raises.

        ``client_code``: the close code of the client. ``subscriptions``: the requests that it followed.
        """
        self._is_over = True
        began = time.perf_counter()
        for name, end in {"goodbye": self._end_goodbye, **parts, "outbox": self.outbox.discard}.items():
            self._end(name, end)
        self.connection.messages_out = self.outbox.sent
        self._end("log of refusals", self.connection.tell_refused)
        self._end("registry", lambda: self._sign_off(client_code, began, subscriptions))

    def _end(self, name: str, end: Callable[[], object]) -> None:
        """End one part. What goes wrong in it must not keep the others."""
        try:
            end()
        except Exception as error:
            report_unexpected(logger, f"A part of a connection could not be ended: {name}", error)

    def _end_goodbye(self) -> None:
        if self._goodbye is not None:
            self._goodbye.cancel()

    def _sign_off(self, client_code: int | None, began: float, subscriptions: int) -> None:
        reason = self.code.reason if self.code else "client"
        # Whoever leaves while the process stops may have been asked to come back, or was cut off by the server.
        cancels = not drain().begun and (self.code is None or self.code.cancels)
        code = client_code if self.code is None else int(self.code)
        line = {
            **_figures(self.connection),
            "close_code": code,
            "close_reason": reason,
            "bytes_out": self.outbox.sent_bytes,
            "subscriptions": subscriptions,
        }
        _CLOSED.count(_label_of(code))
        cancelling = registry().remove(self.connection, code, reason, cancels=cancels)
        if cancelling is None:
            _log(line, began, 0)
        else:
            cancelling.add_done_callback(lambda task: _log(line, began, 0 if task.cancelled() else task.result()))


def _label_of(code: int | None) -> str:
    """Return the code as a label. Clients may close with any of thousands."""
    return str(code) if code in _KNOWN_CODES else "none" if code is None else "other"


def _figures(connection: OpenConnection) -> dict[str, Any]:
    return {
        "connection_id": str(connection.id),
        "user": connection.identity.user_id,
        "tenant": connection.identity.tenant_id,
        "address": connection.address,
        "seconds": round((timezone.now() - connection.connected_at).total_seconds(), 3),
        "messages_in": connection.messages_in,
        "messages_out": connection.messages_out,
        "bytes_in": connection.bytes_in,
    }


def _log(line: Mapping[str, Any], began: float, requests_ended: int) -> None:
    milliseconds = round(1000 * (time.perf_counter() - began), 1)
    logger.info("Connection ended", extra={**line, "requests_ended": requests_ended, "cleanup_ms": milliseconds})
