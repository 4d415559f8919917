"""Connections for operators: their rows, with the health that their web processes tell."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any
from uuid import UUID

import msgspec

from realtime.connections.orders.audience import Audience
from realtime.connections.orders.health import Health
from realtime.connections.processes import process_seen_at, with_process
from realtime.models import Connection
from realtime.sending.asking import ask_health, ask_unhealthy


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One connection. ``health`` is None when its web process did not answer, or has it no longer."""

    row: Connection
    health: Health | None

    def as_json(self) -> dict[str, Any]:
        row = self.row
        health = None if self.health is None else _health_json(self.health)
        return {
            "id": str(row.id),
            "user_id": row.user_id,
            "tenant_id": row.tenant_id,
            "permissions": row.permissions,
            "address": row.address,
            "user_agent": row.user_agent,
            "process": row.server,
            "process_seen_at": process_seen_at(row).isoformat(),
            "connected_at": row.connected_at.isoformat(),
            "closed_at": row.closed_at and row.closed_at.isoformat(),
            "close_code": row.close_code,
            "close_reason": row.close_reason,
            "messages_in": row.messages_in,
            "messages_out": row.messages_out,
            "health": health,
        }


@dataclass(frozen=True, kw_only=True)
class Listing:
    """Some connections, the newest first."""

    connections: Sequence[Listed]
    is_whole: bool
    """False: a web process did not tell the health of its connections, because it or Redis is away."""


def list_open(audience: Audience, *, limit: int) -> Listing:
    """List open connections, ``limit`` at most."""
    rows = list(islice(_rows(audience), limit))
    asked = ask_health(row.id for row in rows)
    return Listing(connections=_joined(rows, asked.healths), is_whole=asked.is_whole)


def list_unhealthy(audience: Audience, *, limit: int) -> Listing:
    """List open connections with problems, ``limit`` at most."""
    asked = ask_unhealthy()
    among = replace(audience, connection_ids=frozenset(asked.healths))
    rows = islice(_rows(among), limit) if asked.healths else ()
    return Listing(connections=_joined(rows, asked.healths), is_whole=asked.is_whole)


def find(connection_id: UUID) -> Listed | None:
    """Return an open or closed connection; None if there is none."""
    row = with_process(Connection.objects.filter(id=connection_id)).first()
    if row is None:
        return None
    health = ask_health([row.id]).healths.get(row.id) if row.closed_at is None else None
    return Listed(row=row, health=health)


def _rows(audience: Audience) -> Iterable[Connection]:
    rows = with_process(audience.rows()).order_by("-connected_at", "id")
    return (row for row in rows.iterator() if audience.admits(row.permissions))


def _joined(rows: Iterable[Connection], healths: Mapping[UUID, Health]) -> list[Listed]:
    return [Listed(row=row, health=healths.get(row.id)) for row in rows]


def _health_json(health: Health) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(health)
    del fields["id"]
    return {**fields, "problems": list(health.problems)}
