"""The scenarios: a fault, the ground that it needs, and how to mend it for the next one."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.hosts import faults
from tests.hosts.faults import Fault
from tests.hosts.ground import (
    ASYNCHRONOUS,
    PGBOUNCER,
    PLAIN,
    SENTINELS,
    SHARDED,
    SKEWED,
    SYNCHRONOUS,
    Ground,
    Kind,
)


def _leave(ground: Ground) -> None:
    """Mend nothing: the ground is as it was."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    name: str
    kind: Kind
    fault: Fault
    mend: Callable[[Ground], None] = _leave
    may_lose: bool = False
    """True: the ground keeps no second copy of what was committed last, and the scenario counts what is lost."""


SCENARIOS = (
    Scenario(name="web-host-lost", kind=PLAIN, fault=faults.lose_host("web-1"), mend=faults.return_host("web-1")),
    Scenario(name="work-host-lost", kind=PLAIN, fault=faults.lose_host("work-1"), mend=faults.return_host("work-1")),
    Scenario(name="worker-without-redis", kind=PLAIN, fault=faults.part("work-1", "redis-1")),
    Scenario(name="worker-without-postgresql", kind=PLAIN, fault=faults.part("work-1", "postgres-1")),
    Scenario(name="web-without-redis", kind=PLAIN, fault=faults.part("web-1", "redis-1")),
    Scenario(name="web-without-postgresql", kind=PLAIN, fault=faults.part("web-1", "postgres-1")),
    Scenario(name="worker-without-s3", kind=PLAIN, fault=faults.part("work-1", "files")),
    Scenario(name="slow-worker-link", kind=PLAIN, fault=faults.slow_down("work-1")),
    Scenario(name="slow-web-link", kind=PLAIN, fault=faults.slow_down("web-1")),
    Scenario(name="clocks-3-s-off", kind=SKEWED, fault=faults.nothing),
    Scenario(name="work-host-lost-clocks-3-s-off", kind=SKEWED, fault=faults.lose_host("work-1")),
    Scenario(name="pgbouncer", kind=PGBOUNCER, fault=faults.nothing),
    Scenario(name="pgbouncer-killed", kind=PGBOUNCER, fault=faults.kill_pgbouncer),
    Scenario(name="sentinel-failover", kind=SENTINELS, fault=faults.lose_redis_master),
    Scenario(name="primary-lost-synchronous", kind=SYNCHRONOUS, fault=faults.lose_primary),
    Scenario(
        name="primary-lost-asynchronous",
        kind=ASYNCHRONOUS,
        fault=faults.lose_primary_ahead_of_its_replica,
        may_lose=True,
    ),
    Scenario(name="channels-sharded", kind=SHARDED, fault=faults.nothing),
    Scenario(name="channel-shard-lost", kind=SHARDED, fault=faults.outage("channels-2")),
)
SHORT = ("work-host-lost",)
"""The scenarios of the short run."""
