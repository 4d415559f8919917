"""Has web processes send their clients elsewhere before they are stopped, and counts the sockets that are left."""

import socket
from collections.abc import Iterable, Mapping

from django.db.models import Count
from django.utils import timezone

from realtime.connections.orders.audience import Audience
from realtime.connections.processes import SILENCE, alive
from realtime.models import Connection
from realtime.sending.publishing import make_order, publish


def processes_of(host: str) -> list[str]:
    """List the live web processes of a host that hold sockets, or did."""
    names = _alive()
    return sorted(name for name in names if name.rpartition("-")[0] == host)


def this_host() -> str:
    """Return the name of this host, as the names of its web processes begin."""
    return socket.gethostname()


def is_alive(process: str) -> bool:
    return process in _alive()


def drain_processes(names: Iterable[str]) -> bool:
    """Have each process be ready no more and tell its clients to come back. Return False while Redis is away."""
    orders = [Audience(process=name) for name in names]
    return all(publish(audience.group, make_order(audience, drain=True)) is not None for audience in orders)


def open_sockets(names: Iterable[str]) -> Mapping[str, int]:
    """Count the open sockets of each process, up to about a second late. One that has died holds none."""
    wanted = sorted(set(names) & _alive())
    rows = Connection.objects.filter(server__in=wanted, closed_at=None).order_by()
    counts = dict(rows.values_list("server").annotate(count=Count("id")))
    return {name: counts.get(name, 0) for name in names}


def _alive() -> set[str]:
    return set(alive(timezone.now() - SILENCE).values_list("id", flat=True))


def to_drain(names: Iterable[str]) -> set[str]:
    """Return those of the processes that live and have not begun to drain yet."""
    rows = alive(timezone.now() - SILENCE).filter(id__in=list(names), drained_at=None)
    return set(rows.values_list("id", flat=True))
