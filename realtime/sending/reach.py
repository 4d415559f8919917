"""The connections that an audience selects, as their rows say."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from realtime.connections.orders.audience import Audience
from realtime.connections.process_groups import dead_processes
from realtime.models import Connection


@dataclass(frozen=True, kw_only=True)
class Reach:
    """The numbers of connections by the web process that holds them. One may have died a moment ago."""

    by_process: Mapping[str, int]
    is_single: bool = False
    """True: one connection is meant. Its process is known from its id, also before there is a row."""
    is_gone: bool = False
    """True: it is known to have ended."""

    def connections_told(self) -> int:
        """Count the connections, after their processes were told, but for those of dead processes."""
        if self.is_single:
            return 1
        dead = dead_processes(self.by_process)
        return sum(count for name, count in self.by_process.items() if name not in dead)


def look(audience: Audience) -> Reach:
    """Look up the rows of an audience."""
    if audience.only_id is not None:
        return Reach(by_process={}, is_single=True, is_gone=_has_ended(audience.only_id))
    return Reach(by_process=audience.count_by_process())


def count_open(audience: Audience) -> int:
    """Count the open connections of an audience that have a row, as ``Report.accepted`` would."""
    return Reach(by_process=audience.count_by_process()).connections_told()


def _has_ended(connection_id: UUID) -> bool:
    return Connection.objects.filter(id=connection_id, closed_at__isnull=False).exists()
