"""The connections that a message or a close is meant for: those that all given conditions select."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict
from uuid import UUID

from django.conf import settings
from django.db.models import Count, QuerySet
from django.utils import timezone

from realtime.auth import Identity
from realtime.connections.open_connection import OpenConnection
from realtime.connections.process_groups import ALL_PROCESSES, group_of_connection, group_of_process
from realtime.connections.processes import SILENCE, held_by_nobody
from realtime.models import Connection


class Filters(TypedDict, total=False):
    """The conditions, as keyword arguments. One that is left out selects all."""

    tenant_id: str
    user_id: str
    permission: str
    """Connections whose token has it, or ``*``."""
    process: str
    """The web process that holds the socket, as the rows of connections name it."""


@dataclass(frozen=True, kw_only=True)
class Audience:
    """Conditions on connections. Without any, all connections of all web processes."""

    connection_ids: frozenset[UUID] | None = None
    tenant_id: str | None = None
    user_id: str | None = None
    permission: str | None = None
    process: str | None = None

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for a condition that is no text: it would select nobody, or everybody."""
        for name in Filters.__optional_keys__:
            value = getattr(self, name)
            if value is not None and (not isinstance(value, str) or not value or "\x00" in value):
                raise ValueError(f"{name} is a text, not {value!r}")

    @classmethod
    def of(cls, filters: Filters) -> "Audience":
        """Make the audience of the filters of a call. Raises ``ValueError`` for None, which would select all."""
        for name, value in filters.items():
            if value is None:
                raise ValueError(f"{name} is a text, not None; a filter that is left out selects all")
        return cls(**filters)

    @property
    def is_everybody(self) -> bool:
        return not self.as_json()

    @property
    def only_id(self) -> UUID | None:
        """The one connection that can be selected, if there is a single one."""
        return next(iter(self.connection_ids)) if self.connection_ids and len(self.connection_ids) == 1 else None

    @property
    def group(self) -> str:
        """The group that reaches every web process with such connections, and no more than it must.

        Other conditions go to all processes: rows are written up to a second after their connections open.
        """
        if self.only_id is not None:
            return group_of_connection(self.only_id)
        return ALL_PROCESSES if self.process is None else group_of_process(self.process)

    def selects(self, connection: OpenConnection) -> bool:
        """Decide for a connection of this process."""
        identity = connection.identity
        return (
            (self.connection_ids is None or connection.id in self.connection_ids)
            and (self.tenant_id is None or identity.tenant_id == self.tenant_id)
            and (self.user_id is None or identity.user_id == self.user_id)
            and identity.may(self.permission)
            and (self.process is None or self.process == settings.STREAMER_SERVER_ID)
        )

    def rows(self) -> QuerySet[Connection]:
        """Select the rows of open connections, except by permission."""
        wanted = {
            "id__in": self.connection_ids,
            "tenant_id": self.tenant_id,
            "user_id": self.user_id,
            "server": self.process,
        }
        given = {name: value for name, value in wanted.items() if value is not None}
        silent = held_by_nobody(timezone.now() - SILENCE)
        return Connection.objects.filter(closed_at=None, **given).exclude(silent)

    def count_by_process(self) -> Mapping[str, int]:
        """Count the rows of open connections by their web process."""
        rows = self.rows().order_by()
        if self.permission is None:
            return dict(rows.values_list("server").annotate(count=Count("id")))
        pairs = rows.values_list("server", "permissions").iterator()
        return Counter(server for server, permissions in pairs if self.admits(permissions))

    def admits(self, permissions: Iterable[str]) -> bool:
        """Decide by the permissions of a row as by those of a token. SQLite cannot look into a JSON list."""
        identity = Identity(user_id="", tenant_id="", permissions=frozenset(permissions), expires_at=0)
        return identity.may(self.permission)

    def as_json(self) -> dict[str, Any]:
        """Return the conditions that are given, as they travel to web processes."""
        given = {name: value for name in Filters.__optional_keys__ if (value := getattr(self, name)) is not None}
        ids = {} if self.connection_ids is None else {"connection_ids": sorted(map(str, self.connection_ids))}
        return {**given, **ids}

    @classmethod
    def from_json(cls, conditions: Mapping[str, Any]) -> "Audience":
        """Read ``as_json``. Raises ``TypeError`` for a condition that this release does not know."""
        ids = conditions.get("connection_ids")
        return cls(**{**conditions, "connection_ids": None if ids is None else frozenset(map(UUID, ids))})
