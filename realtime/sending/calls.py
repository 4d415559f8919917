"""The calls that send messages to connections and close them. Each has an asynchronous twin.

A call takes one look at the rows of connections and one publish. The twin does both on threads, so it may be awaited
on any event loop.
"""

import asyncio
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, Unpack
from uuid import UUID

from realtime.connections.orders.audience import Audience, Filters
from realtime.connections.orders.order import Order
from realtime.database import in_database
from realtime.sending.message import encode_message
from realtime.sending.publishing import make_order, publish
from realtime.sending.reach import Reach, look
from realtime.sending.report import Report
from realtime.wire.close_codes import CloseCode

ConnectionId = UUID | str
_THREADS = 4


def send(connection_id: ConnectionId, message: Any) -> Report:
    """Send a message to one connection. Raises ``InvalidMessage``."""
    return tell(_one(connection_id), text=encode_message(message))


def send_to_user(tenant_id: str, user_id: str, message: Any) -> Report:
    """Send a message to all connections of a user. Raises ``InvalidMessage``."""
    return tell(Audience.of({"tenant_id": tenant_id, "user_id": user_id}), text=encode_message(message))


def send_to_tenant(tenant_id: str, message: Any) -> Report:
    """Send a message to all connections of a tenant. Raises ``InvalidMessage``."""
    return tell(Audience.of({"tenant_id": tenant_id}), text=encode_message(message))


def broadcast(message: Any, **filters: Unpack[Filters]) -> Report:
    """Send a message to all connections that the filters select, to all if there are none.

    Raises ``InvalidMessage``, and ``ValueError`` for a filter that is no text.
    """
    return tell(Audience.of(filters), text=encode_message(message))


def disconnect(
    connection_id: ConnectionId | None = None, *, code: int = CloseCode.REVOKED, **filters: Unpack[Filters]
) -> Report:
    """Close one connection, or those that the filters select, with a goodbye and one of Streamer's close codes.

    Raises ``ValueError`` for another code, and without a connection and filters.
    """
    return disconnect_all(_some(connection_id, filters), code)


async def asend(connection_id: ConnectionId, message: Any) -> Report:
    return await _atell(_one(connection_id), text=encode_message(message))


async def asend_to_user(tenant_id: str, user_id: str, message: Any) -> Report:
    return await _atell(Audience.of({"tenant_id": tenant_id, "user_id": user_id}), text=encode_message(message))


async def asend_to_tenant(tenant_id: str, message: Any) -> Report:
    return await _atell(Audience.of({"tenant_id": tenant_id}), text=encode_message(message))


async def abroadcast(message: Any, **filters: Unpack[Filters]) -> Report:
    return await _atell(Audience.of(filters), text=encode_message(message))


async def adisconnect(
    connection_id: ConnectionId | None = None, *, code: int = CloseCode.REVOKED, **filters: Unpack[Filters]
) -> Report:
    return await _atell(_some(connection_id, filters), close=_close_code(code))


def send_to_some(connection_ids: Iterable[UUID], message: Any) -> Report:
    """Send a message to these connections. Raises ``InvalidMessage``."""
    return tell(Audience(connection_ids=frozenset(connection_ids)), text=encode_message(message))


def disconnect_all(audience: Audience, code: int) -> Report:
    """Close the connections of an audience, as ``disconnect``. Raises ``ValueError``."""
    if audience.is_everybody:
        raise ValueError("Name a connection, or filters")
    return tell(audience, close=_close_code(code))


def tell(audience: Audience, **what: Any) -> Report:
    """Send ``text``, an encoded message, to the connections of an audience, or ``close`` them with a code."""
    return _publish(audience, make_order(audience, **what), look(audience))


async def _atell(audience: Audience, **what: Any) -> Report:
    reach = await in_database(look, audience)
    order = make_order(audience, **what)
    return await asyncio.get_running_loop().run_in_executor(_threads(), _publish, audience, order, reach)


def _publish(audience: Audience, order: Order, reach: Reach) -> Report:
    if reach.is_gone:
        return Report()
    processes = publish(audience.group, order)
    if processes is None:
        return Report(unavailable=True)
    accepted = reach.connections_told() if processes else 0
    return Report(accepted=accepted, processes=processes)


def _one(connection_id: ConnectionId) -> Audience:
    try:
        found = connection_id if isinstance(connection_id, UUID) else UUID(connection_id)
    except (ValueError, AttributeError, TypeError):
        raise ValueError(f"A connection's id is a UUID, not {connection_id!r}") from None
    return Audience(connection_ids=frozenset([found]))


def _some(connection_id: ConnectionId | None, filters: Filters) -> Audience:
    audience = Audience.of(filters)
    if (connection_id is None) == audience.is_everybody:
        raise ValueError("Name a connection, or filters, but not both")
    return audience if connection_id is None else _one(connection_id)


def _close_code(code: int) -> int:
    try:
        return int(CloseCode(code))
    except ValueError:
        known = ", ".join(f"{int(one)} {one.name}" for one in CloseCode)
        raise ValueError(f"{code!r} is no close code of Streamer; there are: {known}") from None


@cache
def _threads() -> ThreadPoolExecutor:
    """Return threads of their own, because one that tries again waits in between."""
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="sending")
