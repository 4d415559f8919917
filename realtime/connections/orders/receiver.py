"""Carries out what other processes want of this one: send a message to its sockets, close them, tell their health.

Orders come through two groups of the channel layer. A process is in them once, whatever number of sockets it holds.
"""

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final
from uuid import UUID

import msgspec
from django.conf import settings

from jobs.circuit import circuit_states
from jobs.queue.wakeups import connection as redis_connection
from jobs.repeats import REPEATS
from realtime.connections.open_connection import OpenConnection
from realtime.connections.orders.audience import Audience
from realtime.connections.orders.health import health_of
from realtime.connections.orders.order import Answer, Order
from realtime.connections.orders.owners import Owners
from realtime.connections.process_groups import ALL_PROCESSES, group_of_process
from realtime.delivery.groups import Groups
from realtime.wire.close_codes import CloseCode
from realtime.wire.protocol import wire_bytes

logger = logging.getLogger(__name__)

MAX_WAITING_BYTES: Final = 64 * 1024 * 1024
"""The most bytes of messages that wait to be handed to sockets. The oldest are dropped for what comes then."""
MAX_ANSWERED: Final = 1_000
"""The most connections that one answer tells of."""
# So many sockets get a message before others have their turn on the event loop.
_IN_A_ROW: Final = 50
# An order that is published again, because its sender did not see that it had been, has the same id.
_MAX_REMEMBERED: Final = 1_000
_ANSWER_SECONDS: Final = 10


class Orders:
    """The orders of one process. ``open`` and ``of_owner`` hold its open connections, always those of now.

    ``drain`` begins the drain of the process.
    """

    def __init__(self, open: Mapping[UUID, OpenConnection], of_owner: Owners, drain: Callable[[], None]) -> None:
        self._open = open
        self._drain = drain
        self._of_owner = of_owner
        self._groups = Groups(self._take)
        self._waiting: deque[Order] = deque()
        self._waiting_bytes = 0
        self._came = asyncio.Event()
        self._known: OrderedDict[str, None] = OrderedDict()
        self._answers: set[asyncio.Future[None]] = set()
        self._in_a_row = 0

    async def run(self) -> None:
        """Carry out orders, one after the other, until the process ends."""
        self._groups.join(ALL_PROCESSES)
        self._groups.join(group_of_process(settings.STREAMER_SERVER_ID))
        while True:
            await self._came.wait()
            self._came.clear()
            while self._waiting:
                order = self._waiting.popleft()
                self._waiting_bytes -= _size(order)
                try:
                    await self._carry_out(order)
                except Exception:  # of another release, say: the next order must not wait for ever
                    logger.exception("An order for connections could not be carried out")
                await self._give_way()

    def _take(self, hint: Mapping[str, Any]) -> None:
        order: Any = hint
        if order["id"] in self._known:
            return
        self._known[order["id"]] = None
        if len(self._known) > _MAX_REMEMBERED:
            self._known.popitem(last=False)
        self._waiting.append(order)
        self._waiting_bytes += _size(order)
        while self._waiting_bytes > MAX_WAITING_BYTES and len(self._waiting) > 1:
            self._waiting_bytes -= _size(self._waiting.popleft())
            logger.warning("Too many messages wait to be handed to sockets; the oldest is dropped", extra=REPEATS)
        self._came.set()

    async def _carry_out(self, order: Order) -> None:
        audience = Audience.from_json(order["to"])
        if order.get("drain"):
            if audience.process == settings.STREAMER_SERVER_ID:
                self._drain()
            return
        chosen = [connection for connection in self._candidates(audience) if audience.selects(connection)]
        if key := order.get("answer_to"):
            self._answer(key, chosen, only_unhealthy=order.get("unhealthy", False))
            return
        text, code = order.get("text"), order.get("close")
        for connection in chosen:
            if text is not None:
                connection.push(text)
            if code is not None:
                connection.close(CloseCode(code))
            await self._give_way()

    async def _give_way(self) -> None:
        self._in_a_row += 1
        if self._in_a_row >= _IN_A_ROW:
            self._in_a_row = 0
            await asyncio.sleep(0)

    def _candidates(self, audience: Audience) -> Collection[OpenConnection]:
        if audience.connection_ids is not None:
            return [self._open[item] for item in audience.connection_ids if item in self._open]
        if audience.tenant_id is not None and audience.user_id is not None:
            return self._of_owner((audience.tenant_id, audience.user_id))
        return self._open.values()

    def _answer(self, key: str, chosen: Collection[OpenConnection], *, only_unhealthy: bool) -> None:
        healths = [health for health in map(health_of, chosen) if health.problems or not only_unhealthy]
        answer = Answer(
            process=settings.STREAMER_SERVER_ID, connections=healths[:MAX_ANSWERED], circuits=circuit_states()
        )
        sending = asyncio.get_running_loop().run_in_executor(None, _push_answer, key, msgspec.json.encode(answer))
        self._answers.add(sending)
        sending.add_done_callback(self._note_answered)

    def _note_answered(self, sending: asyncio.Future[None]) -> None:
        self._answers.discard(sending)
        if not sending.cancelled() and (error := sending.exception()):
            logger.warning("Who asked for the health of connections gets no answer: %s", error)


def _size(order: Order) -> int:
    return wire_bytes(order.get("text", ""))


def _push_answer(key: str, answer: bytes) -> None:
    with redis_connection().pipeline(transaction=False) as pipeline:
        pipeline.rpush(key, answer)
        pipeline.expire(key, _ANSWER_SECONDS)
        pipeline.execute()
