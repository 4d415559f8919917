"""Connections as tests register them, and their rows."""

from typing import Any

from realtime.auth import Identity
from realtime.connections.open_connection import OpenConnection
from realtime.models import Connection
from tests.realtime.sockets import aside


def identity(user: str = "alice", tenant: str = "acme") -> Identity:
    return Identity(user_id=user, tenant_id=tenant, permissions=frozenset({"b", "a"}), expires_at=2e9)


def make(user: str = "alice", tenant: str = "acme", closed: list[Any] | None = None, **fields: Any) -> OpenConnection:
    """An open connection; the codes it is asked to close with go to ``closed``."""
    fields = {"address": "127.0.0.1", "user_agent": "test/1", **fields}
    return OpenConnection(
        identity=identity(user, tenant), close=closed.append if closed is not None else lambda code: None, **fields
    )


async def rows() -> dict[Any, Connection]:
    return await aside(lambda: {row.id: row for row in Connection.objects.all()})


async def row_of(connection: OpenConnection) -> Connection:
    return (await rows())[connection.id]
