"""Checks of the requests that wait and run: stuck ones, lost workers, tenants that flood."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Min, Q

from jobs.formatting import format_count, format_duration
from jobs.metrics.faults.fault import Fault
from jobs.metrics.faults.limits import (
    FLOOD_SHARE,
    FLOOD_WAITING,
    FRESH_SECONDS,
    LOST_MINUTES,
    STUCK_SECONDS,
    UNSERVED_SECONDS,
)
from jobs.metrics.faults.look import Look
from jobs.metrics.minutes import Outcome, Sums
from jobs.models import WAITING, AsyncRequest, Status

_MOST_LOOKED_AT: Final = 1_000
_RUNNING: Final = Q(finished_at__isnull=True, status=Status.PROCESSING)


def stuck_requests(now: datetime) -> list[AsyncRequest]:
    """List the running requests that have reported nothing for too long, the most silent first."""
    # What shares the work of a bulk reports in the bulk's name.
    silent = AsyncRequest.objects.filter(
        _RUNNING, parent__isnull=True, changed_at__lt=now - timedelta(seconds=STUCK_SECONDS)
    )
    rows = silent.only("id", "action", "title", "worker", "estimated_seconds", "changed_at")
    found = [row for row in rows.order_by()[:_MOST_LOOKED_AT] if _silence(row, now) > row.estimated_seconds]
    return sorted(found, key=lambda row: row.changed_at)


def _silence(row: AsyncRequest, now: datetime) -> float:
    return (now - row.changed_at).total_seconds()


def stuck_faults(look: Look) -> Iterator[Fault]:
    """Yield one fault for each action with stuck requests."""
    by_action: dict[str, list[AsyncRequest]] = {}
    for row in stuck_requests(look.now):
        by_action.setdefault(row.action, []).append(row)
    for action, rows in sorted(by_action.items()):
        first = rows[0]
        silence = format_duration(_silence(first, look.now))
        if len(rows) == 1:
            text = f"{first.name} runs on {first.worker or 'a worker'} and has reported nothing for {silence}."
            advice = f"See where it stands, and cancel it: `manage.py streamer_requests cancel {first.id}`."
        else:
            text = f"{format_count(len(rows))} requests of {action} run and report nothing, the first for {silence}."
            advice = f"Cancel them: `manage.py streamer_requests cancel --status processing --action {action}`."
        yield Fault(
            name="StreamerRequestStuck",
            subject=action,
            text=text,
            advice=advice,
            since=first.changed_at,
            requests={"status": str(Status.PROCESSING), "action": action},
            request_id=first.id if len(rows) == 1 else None,
        )


def lost_faults(look: Look) -> Iterator[Fault]:
    """Yield the workers that hold requests and are silent; or else one fault if attempts were lost lately."""
    silent = list(held_by_silent(look.now, look.served))
    for worker, number, since in silent:
        held = "a request" if number == 1 else f"{format_count(number)} requests"
        text = f"The worker {worker} shows no sign of life, and holds {held}."
        advice = "The sweeper hands its work on; look why it ended, and start another: `manage.py streamer_worker`."
        shown = {"status": str(Status.PROCESSING)}
        yield Fault(name="StreamerWorkersLost", subject=worker, text=text, advice=advice, since=since, requests=shown)
    count, began_at = lost_attempts(look.now, look.ends)
    if not silent and count:
        were = "1 attempt was" if count == 1 else f"{format_count(count)} attempts were"
        text = f"Workers ended in the middle of their work: {were} lost in {LOST_MINUTES} min."
        advice = "Look for the kernel's out-of-memory killer: `dmesg | grep -i oom`. The work is run again."
        yield Fault(name="StreamerWorkersLost", subject="", text=text, advice=advice, since=began_at)


def lost_attempts(now: datetime, ends: Mapping[Outcome, Sums]) -> tuple[int, datetime | None]:
    """Count the attempts that were lost in the last ``LOST_MINUTES``, and find the start of those run again.

    ``ends`` are those of that time.
    """
    again = AsyncRequest.objects.filter(
        finished_at__isnull=True,
        status__in=(Status.RETRYING, Status.PROCESSING),
        lost_count__gt=0,
        changed_at__gte=now - timedelta(minutes=LOST_MINUTES),
    ).aggregate(count=Count("id"), since=Min("attempt_started_at"))
    return sum(sums.lost for sums in ends.values()) + (again["count"] or 0), again["since"]


def held_by_silent(now: datetime, served: Mapping[str, frozenset[str]] | None) -> Iterator[tuple[str, int, datetime]]:
    """Yield the silent workers, how many requests each holds, and until when its lease was kept up.

    ``served`` maps queue → its live workers. None: Redis is away, so that nobody knows.
    """
    if served is None:
        return
    alive = frozenset[str]().union(*served.values())
    # A new worker claims before its first heartbeat is seen.
    held = AsyncRequest.objects.filter(_RUNNING, changed_at__lt=now - timedelta(seconds=FRESH_SECONDS))
    rows = held.exclude(worker="").order_by().values_list("worker")
    for worker, count, since in rows.annotate(count=Count("id"), since=Min("changed_at")):
        if worker not in alive:
            yield worker, count, since


def flooding_tenants(now: datetime) -> list[tuple[str, int, int, datetime]]:
    """List tenants with most of what waits: name, waiting requests, those of all, and the moment of its oldest.

    As there is more than half, it is one at most.
    """
    rows = AsyncRequest.objects.filter(finished_at__isnull=True, status__in=WAITING, parent__isnull=True).order_by()
    waiting = Counter(dict(rows.values_list("tenant_id").annotate(count=Count("id"))))
    total = waiting.total()
    for tenant, count in waiting.most_common(1):
        if count >= FLOOD_WAITING and count > FLOOD_SHARE * total:
            oldest = rows.filter(tenant_id=tenant).aggregate(first=Min("created_at"))["first"]
            if oldest is not None and (now - oldest).total_seconds() > UNSERVED_SECONDS:
                return [(tenant, count, total, oldest)]
    return []


def flood_faults(look: Look) -> Iterator[Fault]:
    for tenant, count, total, since in flooding_tenants(look.now):
        text = f"The tenant {tenant} floods: {format_count(count)} of {format_count(total)} waiting requests are its."
        advice = (
            "Others are served in turn. Give it a daily quota, or cancel what waits: "
            f"`manage.py streamer_requests cancel --status pending --tenant {tenant}`."
        )
        yield Fault(
            name="StreamerTenantFloods",
            subject=tenant,
            text=text,
            advice=advice,
            since=since,
            requests={"status": "waiting", "tenant_id": tenant},
        )
