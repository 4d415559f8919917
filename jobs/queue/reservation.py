"""The workers that the long requests of one tenant leave to other tenants. Pure.

Without a reservation a tenant could occupy all workers for minutes while nobody else waits; whoever came then would
wait for the first of these requests to end. Short requests may run anywhere, because nobody waits for them for long.
"""

from collections.abc import Collection, Mapping, Set

from django.conf import settings

Served = Mapping[str, frozenset[str]]
"""Queue → the names of its live workers."""


def is_long(seconds: float) -> bool:
    """Return True for a request that is expected to run for ``seconds``, or has run for so long, if that is long."""
    return bool(seconds > settings.STREAMER_LONG_REQUEST_SECONDS)


def share_of(workers: int) -> int:
    """Return the number of a queue's ``workers`` that long requests of one tenant may occupy: all of a single one."""
    return max(1, workers - int(settings.STREAMER_RESERVED_WORKERS))


def may_occupy(worker: str, occupied: Set[str], served: Served) -> bool:
    """Return True if a tenant whose long requests run on the workers ``occupied`` may run one more on ``worker``.

    Its share holds in each queue that the worker serves, because the worker is then missing in all of them.
    """
    return all(
        len((occupied & names) | {worker}) <= share_of(len(names)) for names in served.values() if worker in names
    )


def has_place(workers: Collection[str], occupied: Set[str], served: Served) -> bool:
    """Return True if one of the ``workers`` of a queue may run one more long request, now or when it is free."""
    others = [worker for worker in workers if worker not in occupied]
    return not others or any(may_occupy(worker, occupied, served) for worker in others)
