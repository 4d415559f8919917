"""The SELECT of the request that a worker claims next: the order of tenants, and all limits, in one text.

The request is looked for tenant by tenant in an index of what waits. So its cost grows with the number of tenants that
wait, not with the number of requests. Where nothing waits, nothing is counted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from math import inf
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Q

from jobs.columns import is_waiting, saved, table
from jobs.log.starts import Choice
from jobs.models import AsyncRequest, LimitedStart, LimitKind, PausedAction, PausedQueue, Status
from jobs.queue.control.overrides import live_overrides
from jobs.queue.key_limits import WINDOW, KeyLimits, key_limits
from jobs.queue.reservation import Served, share_of
from jobs.queue.running import LAST_RUNS

CLOCKS_DIFFER = timedelta(seconds=5)
"""A moment that lies further ahead was written before the clock was put back."""
# On PostgreSQL other workers may hold the first ones of a tenant. As many may claim at one moment.
_CANDIDATES = 16
_MAX_KEPT = 64


def is_due(now: datetime) -> Q:
    """Return the condition that a waiting request need wait for no moment.

    A new one waits for none, not even for that of its submit: the clock may have been put back since. The pause before
    a retry is cut short when it was, because nobody knows any more how long it still lasts.
    """
    return Q(available_at__lte=now) | Q(status=Status.PENDING) | Q(changed_at__gt=now + CLOCKS_DIFFER)


@dataclass(frozen=True, kw_only=True)
class Guard:
    """The facts that a claim has made sure of, so that it may start more than requests without a special limit."""

    served: Served | None = None
    """The live workers of each queue, empty if nobody knows. None: not asked for yet, so no long request starts."""
    action: str = ""
    """The action with a cap that nobody else starts meanwhile. Only PostgreSQL needs it."""
    limit_key: str = ""
    """The key with limits that nobody else starts meanwhile. Only PostgreSQL needs it."""
    tenant_id: str = ""
    """The tenant of which nobody else starts a long request meanwhile. Only PostgreSQL needs it."""
    queue: str = ""
    """The queue with a limit of which nobody else starts a request meanwhile. Only PostgreSQL needs it."""

    @property
    def locks(self) -> bool:
        """Return True if something must be locked before the choice."""
        return bool(self.action or self.limit_key or self.tenant_id or self.queue)


@dataclass(frozen=True, kw_only=True)
class _Shape:
    """All that the text of a choice depends on."""

    queues: int
    queue_caps: int
    """The number of queues with a limit."""
    capped: int
    limited: int
    """The number of actions with limits on keys."""
    tenants: int
    """The number of tenants with a limit of their own."""
    notes_starts: bool
    shares: tuple[int, ...]
    """The number of workers in each share of the reservation."""
    locks_rows: bool


def choice_of(queues: Sequence[str], worker: str, guard: Guard, now: datetime) -> Choice:
    """Choose the request of ``queues`` that ``worker`` is to run next, by the rules of ``jobs.queue.claims``."""
    overrides = live_overrides()
    capped, limited = overrides.capped_actions(), key_limits(overrides)
    queue_caps = {name: number for name in dict.fromkeys(queues) if (number := overrides.of_queue(name)) is not None}
    tenants = {name: overrides.of_tenant(name) for name in overrides.names(LimitKind.TENANT)}
    shares = _shares(worker, guard.served or {})
    locks_rows = connection.vendor == "postgresql"
    shape = _Shape(
        queues=len(queues),
        queue_caps=len(queue_caps),
        capped=len(capped),
        limited=len(limited),
        tenants=len(tenants),
        notes_starts=any(limits.per_minute is not None for limits in limited.values()),
        shares=tuple(len(names) for names, _ in shares),
        locks_rows=locks_rows,
    )
    moment = saved(AsyncRequest, "available_at", now)
    long = float(settings.STREAMER_LONG_REQUEST_SECONDS)
    since = saved(AsyncRequest, "attempt_started_at", now - timedelta(seconds=long))
    fence = [moment, saved(AsyncRequest, "changed_at", now + CLOCKS_DIFFER), moment]
    values: list[Any] = [*queues, *_twice(queue_caps), overrides.per_user, *_key_values(limited)]
    if shape.notes_starts:
        values.append(saved(LimitedStart, "started_at", now - WINDOW))
    if locks_rows and queue_caps:
        values += [*queue_caps, guard.queue]
    if locks_rows and limited:
        values += [*limited, guard.limit_key]
    if locks_rows and capped:
        values += [*capped, guard.action]
    values += [_held_above(guard, locks_rows, long), guard.tenant_id]
    limits = _twice(capped)
    for names, share in shares:
        limits += [long, *names, long, since, share]
    values += [*fence, *limits, *(value for pair in tenants.items() for value in pair), overrides.of_tenant("")]
    return Choice(sql=_text(shape), values=values, notes_starts=shape.notes_starts)


def _twice(caps: Mapping[str, int]) -> list[Any]:
    """List name, name again, and number: once to find the rows of the cap, once to count."""
    return [value for name, cap in caps.items() for value in (name, name, cap)]


def _key_values(limited: Mapping[str, KeyLimits]) -> list[Any]:
    return [value for action, limits in limited.items() for value in (action, limits.running, limits.per_minute)]


def _held_above(guard: Guard, locks_rows: bool, long: float) -> float:
    """Return the estimated seconds above which requests are held back, but for those of the guard's tenant."""
    if guard.served is None:
        return long
    return long if guard.served and locks_rows else inf


def _shares(worker: str, served: Served) -> list[tuple[list[str], int]]:
    """List, for each queue that ``worker`` serves, its other workers and how many of all one tenant may occupy."""
    wholes = {names for names in served.values() if worker in names and len(names) > 1}
    return [(sorted(names - {worker}), share_of(len(names))) for names in sorted(wholes, key=sorted)]


# --- the text --------------------------------------------------------------------------------------------------------


@lru_cache(_MAX_KEPT)
def _text(shape: _Shape) -> str:
    requests = table(AsyncRequest)
    waits = f"SELECT min(w.tenant_id) FROM {requests} w WHERE {is_waiting('w')}"
    held = "r.estimated_seconds > %s AND r.tenant_id <> %s"
    if shape.locks_rows and shape.capped:
        held = f"(r.action IN ({_marks(shape.capped)}) AND r.action <> %s) OR ({held})"
    if shape.locks_rows and shape.limited:
        held = f"(r.limit_key IS NOT NULL AND r.action IN ({_marks(shape.limited)}) AND r.limit_key <> %s) OR ({held})"
    if shape.locks_rows and shape.queue_caps:
        held = f"(r.queue IN ({_marks(shape.queue_caps)}) AND r.queue <> %s) OR ({held})"
    first = (
        f"SELECT h.id FROM {requests} h WHERE {is_waiting('h')} "
        f"AND h.queue = line.queue AND h.tenant_id = line.tenant_id AND {_may_start('h')} "
        f"AND h.action NOT IN (SELECT action FROM {table(PausedAction)}) "
        "AND (h.tenant_id, h.user_id) NOT IN (SELECT tenant_id, user_id FROM full_users)"
        f"{_limits(shape)} ORDER BY h.order_at LIMIT"
    )
    found = (
        f"CROSS JOIN LATERAL ({first} {_CANDIDATES}) c JOIN {requests} r ON r.id = c.id"
        if shape.locks_rows
        else f"JOIN {requests} r ON r.id = ({first} 1)"
    )
    return (
        f"WITH RECURSIVE served (queue) AS (VALUES {', '.join(['(%s)'] * shape.queues)}), "
        "running AS MATERIALIZED (SELECT tenant_id, user_id, action, queue, limit_key, "
        f"worker, estimated_seconds, attempt_started_at FROM {requests} WHERE status = 'processing'), "
        f"queues (queue) AS (SELECT queue FROM served WHERE queue NOT IN (SELECT queue FROM {table(PausedQueue)})"
        + " AND NOT (queue = %s AND (SELECT count(*) FROM running o WHERE o.queue = %s) >= %s)"
        * shape.queue_caps
        + "), "
        # The pairs of queue and tenant in which requests wait, each found by one step in the index.
        f"lines (queue, tenant_id) AS (SELECT queue, ({waits} AND w.queue = queues.queue) FROM queues UNION ALL "
        f"SELECT queue, ({waits} AND w.queue = lines.queue AND w.tenant_id > lines.tenant_id) "
        "FROM lines WHERE tenant_id IS NOT NULL), "
        "full_users AS MATERIALIZED "
        "(SELECT tenant_id, user_id FROM running GROUP BY tenant_id, user_id HAVING count(*) >= %s), "
        f"{_full_keys(shape)}"
        f"ended AS MATERIALIZED (SELECT tenant_id, finished_at FROM {requests} "
        f"WHERE finished_at IS NOT NULL AND attempt > 0 ORDER BY finished_at DESC LIMIT {LAST_RUNS}), "
        "ranked AS MATERIALIZED (SELECT queue, tenant_id, "
        "(SELECT count(*) FROM running WHERE running.tenant_id = lines.tenant_id) AS load, "
        # Without a rival it does not matter when the tenant was served.
        "CASE WHEN (SELECT count(DISTINCT tenant_id) FROM lines) > 1 THEN "
        "(SELECT max(finished_at) FROM ended WHERE ended.tenant_id = lines.tenant_id) END AS served_at "
        "FROM lines WHERE tenant_id IS NOT NULL) "
        f"SELECT r.id, r.action, r.tenant_id, r.queue, r.estimated_seconds, r.limit_key, ({held}) AS is_held "
        f"FROM ranked line {found} "
        # Not as the indexes have it, so that nothing but the id finds the row.
        f"WHERE r.status || '' IN ('pending', 'retrying') AND r.cancel_requested_at IS NULL AND {_has_room(shape)} "
        "ORDER BY line.load, line.served_at NULLS FIRST, r.order_at LIMIT 1"
        + (" FOR UPDATE OF r SKIP LOCKED" if shape.locks_rows else "")
    )


def _may_start(row: str) -> str:
    """Return the condition that it may start now: it ``is_due``, and was started in time if it was started."""
    return (
        f"({row}.available_at <= %s OR {row}.status = 'pending' OR {row}.changed_at > %s) "
        f"AND {row}.cancel_requested_at IS NULL "
        f"AND ({row}.expires_at IS NULL OR {row}.expires_at > %s OR {row}.status = 'retrying')"
    )


def _limits(shape: _Shape) -> str:
    """Return the conditions that no cap of an action or a key and no reservation forbids to start ``h``."""
    caps = " AND NOT (h.action = %s AND (SELECT count(*) FROM running o WHERE o.action = %s) >= %s)" * shape.capped
    shares = "".join(
        " AND NOT (h.estimated_seconds > %s AND (SELECT count(DISTINCT o.worker) FROM running o "
        f"WHERE o.tenant_id = h.tenant_id AND o.worker IN ({_marks(others)}) "
        "AND (o.estimated_seconds > %s OR o.attempt_started_at < %s)) >= %s)"
        for others in shape.shares
    )
    keys = " AND (h.limit_key IS NULL OR (h.action, h.limit_key) NOT IN (SELECT action, limit_key FROM full_keys))"
    return caps + (keys if shape.limited else "") + shares


def _has_room(shape: _Shape) -> str:
    """Return the condition that the tenant of a line runs fewer requests than it may."""
    if not shape.tenants:
        return "line.load < %s"
    cases = " ".join(["WHEN %s THEN CAST(%s AS integer)"] * shape.tenants)
    return f"line.load < CASE line.tenant_id {cases} ELSE CAST(%s AS integer) END"


def _full_keys(shape: _Shape) -> str:
    """Return the tables of the limits on keys, and of the keys with which requests of an action may not start."""
    if not shape.limited:
        return ""
    limits = ", ".join(["(%s, CAST(%s AS integer), CAST(%s AS integer))"] * shape.limited)

    def full(limit: str, counted: str) -> str:
        numbers = f"SELECT limit_key, count(*) AS number FROM {counted} GROUP BY limit_key"
        return f"SELECT limits.action, c.limit_key FROM limits JOIN ({numbers}) c ON c.number >= limits.{limit}"

    parts = [full("running", "running WHERE limit_key IS NOT NULL")]
    if shape.notes_starts:
        parts.append(full("per_minute", f"{table(LimitedStart)} WHERE started_at > %s"))
    return (
        f"limits (action, running, per_minute) AS (VALUES {limits}), "
        f"full_keys AS MATERIALIZED ({' UNION ALL '.join(parts)}), "
    )


def _marks(number: int) -> str:
    return ", ".join(["%s"] * number)
