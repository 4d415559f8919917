"""The limits beyond which the service is not well, with the names and limits of ``deploy/prometheus/alerts.yml``.

A test compares them. An alert waits a little longer, so that a moment calls nobody.
"""

from typing import Final, Literal

Severity = Literal["page", "ticket"]
Name = Literal[
    "StreamerPartAway",
    "StreamerPartSlow",
    "StreamerQueueLag",
    "StreamerQueueWithoutWorker",
    "StreamerActionFails",
    "StreamerWorkersLost",
    "StreamerRequestStuck",
    "StreamerTenantFloods",
    "StreamerDiskFull",
    "StreamerCircuitOpen",
    "StreamerClientsRefused",
]
SEVERITIES: Final[dict[Name, Severity]] = {
    "StreamerPartAway": "page",
    "StreamerDiskFull": "page",
    "StreamerQueueWithoutWorker": "page",
    "StreamerQueueLag": "page",
    "StreamerRequestStuck": "ticket",
    "StreamerActionFails": "ticket",
    "StreamerWorkersLost": "ticket",
    "StreamerTenantFloods": "ticket",
    "StreamerPartSlow": "ticket",
    "StreamerCircuitOpen": "ticket",
    "StreamerClientsRefused": "ticket",
}
"""The faults that are looked for, the most urgent first."""

LAG_SECONDS: Final = 60
"""A request that may run has waited for this long."""
UNSERVED_SECONDS: Final = 5
"""The same, in a queue without a worker."""
SLOW_SECONDS: Final = 0.5
"""The database or Redis took this long to answer."""
FAILED_MINUTES: Final = 5
FAILED_COUNT: Final = 3
"""At least so many requests of an action failed in these minutes, and …"""
FAILED_SHARE: Final = 0.2
"""… more than this share of those that ended."""
LOST_MINUTES: Final = 5
FRESH_SECONDS: Final = 10
"""Whatever a worker has written about since is no sign that it is dead."""
STUCK_SECONDS: Final = 45
"""A running request has reported nothing for this long, and for longer than its run was estimated to take."""
FLOOD_WAITING: Final = 50
"""At least so many requests of a tenant wait for longer than ``UNSERVED_SECONDS``, and …"""
FLOOD_SHARE: Final = 0.5
"""… more than this share of all that wait."""
DISK_SHARE: Final = 0.05
"""The share of a disk that is free."""
CIRCUIT_SECONDS: Final = 20
"""A circuit breaker that is not closed counts as open for this long after its last failure."""
REFUSED_PER_SECOND: Final = 5
"""Messages and connections that one limit refuses."""
REFUSED_SECONDS: Final = 60
"""The time over which that rate is measured."""
