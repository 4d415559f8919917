"""The tables of the overview."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs.admin.detail.bulk import request_link
from jobs.admin.formatting import NOTHING, badge, when
from jobs.admin.overview.addresses import requests_url
from jobs.admin.overview.snapshot import MAX_WORKERS, Counts, Snapshot
from jobs.formatting import format_bytes, format_count, format_duration
from jobs.metrics.buckets import percentile
from jobs.metrics.faults.limits import LAG_SECONDS
from jobs.metrics.minutes import Sums
from jobs.models import Status
from jobs.queue.health.workers import WorkerState
from jobs.queue.names import own_queues

MAX_LINES = 10
Cell = SafeString | str


@dataclass(frozen=True, kw_only=True)
class Line:
    """One row of a table: its first cell and the others."""

    name: str
    cells: Sequence[Cell]
    url: str = ""
    """The address that the name leads to. Empty: none."""
    needs_attention: bool = False


@dataclass(frozen=True, kw_only=True)
class Table:
    title: str
    columns: Sequence[str]
    lines: Sequence[Line]
    empty: str = "None."
    """Shown where there is no line."""
    note: str = ""
    """Shown below the lines."""


def tables(found: Snapshot) -> list[Table]:
    return [_queues(found), _tenants(found), _actions(found), _workers(found), _codes(found)]


def _queues(found: Snapshot) -> Table:
    served, state = found.look.served, found.look.state

    def line(queue: str) -> Line:
        one = state.queues.get(queue) if state else None
        lag, limit = (one.lag_seconds, one.limit) if one else (0.0, None)
        running = _counted(found.by_queue.running[queue], status=Status.PROCESSING, queue=queue)
        is_paused = one is not None and one.pause is not None
        workers = None if served is None else len(served.get(queue, ()))
        return Line(
            name=queue,
            cells=[
                _counted(found.by_queue.waiting[queue], status="waiting", queue=queue),
                format_duration(lag) if lag else NOTHING,
                running if limit is None else format_html("{} of {}", running, format_count(limit)),
                "not known" if workers is None else format_count(workers),
                badge("stopping", "Paused") if is_paused else NOTHING,
            ],
            needs_attention=workers == 0 or lag > LAG_SECONDS or is_paused,
        )

    columns = ["Queue", "Waiting", "Oldest that may run", "Running", "Workers", "Pause"]
    return Table(title="Queues", columns=columns, lines=[line(queue) for queue in sorted(own_queues())])


def _actions(found: Snapshot) -> Table:
    ended: dict[str, Sums] = defaultdict(Sums)
    for (action, _, _), sums in found.ends.items():
        ended[action].add(sums)
    completed, failed = (
        _summed((action, sums.count) for (action, status, _), sums in found.ends.items() if status == wanted)
        for wanted in (Status.COMPLETED, Status.FAILED)
    )

    def line(action: str) -> Line:
        times = (percentile(ended[action].ran, percent) for percent in (50, 95))
        return Line(
            name=action,
            cells=[
                _counted(found.by_action.waiting[action], status="waiting", action=action),
                _counted(found.by_action.running[action], status=Status.PROCESSING, action=action),
                format_count(completed[action]),
                _counted(failed[action], status=Status.FAILED, action=action),
                *(NOTHING if time is None else format_duration(time) for time in times),
            ],
            url=requests_url(action=action),
            needs_attention=failed[action] > 0,
        )

    busy = found.by_action.waiting + found.by_action.running
    names = sorted({*busy, *ended}, key=lambda one: (-busy[one], -ended[one].count, one))
    columns = ["Action", "Waiting", "Running", "Completed in the last hour", "Failed", "Half take less than", "95 %"]
    empty = "Nothing ran in the last hour."
    lines = [line(one) for one in names[:MAX_LINES]]
    return Table(title="Actions", columns=columns, lines=lines, empty=empty, note=_more(len(names)))


def _tenants(found: Snapshot) -> Table:
    counts: Counts = found.by_tenant
    floods = {fault.subject for fault in found.faults if fault.name == "StreamerTenantFloods"}
    names = [tenant for tenant, _ in (counts.waiting + counts.running).most_common()]
    lines = [
        Line(
            name=tenant,
            cells=[
                _counted(counts.waiting[tenant], status="waiting", tenant_id=tenant),
                _counted(counts.running[tenant], status=Status.PROCESSING, tenant_id=tenant),
            ],
            url=requests_url(tenant_id=tenant),
            needs_attention=tenant in floods,
        )
        for tenant in names[:MAX_LINES]
    ]
    empty = "Nothing waits or runs."
    columns = ["Tenant", "Waiting", "Running"]
    return Table(title="Tenants", columns=columns, lines=lines, empty=empty, note=_more(len(names)))


def _codes(found: Snapshot) -> Table:
    counts = _summed((code, sums.count) for (_, _, code), sums in found.ends.items() if code)
    lines = [
        Line(name=code, cells=[_counted(count, q=code)], needs_attention=True)
        for code, count in counts.most_common(MAX_LINES)
    ]
    return Table(title="Failures in the last hour", columns=["Code", "Requests"], lines=lines)


def _workers(found: Snapshot) -> Table:
    served = found.look.served

    def line(worker: WorkerState) -> Line:
        run = worker.run
        queues = ", ".join(worker.queues) or ("not known" if served is None else "shows no sign of life")
        return Line(
            name=worker.name,
            cells=[
                run.action if run else "nothing",
                request_link(run.id) if run else NOTHING,
                when(run.attempt_started_at if run else worker.started_at),
                NOTHING if worker.memory_bytes is None else format_bytes(worker.memory_bytes),
                f"drains; {queues}" if worker.state == "draining" else queues,
            ],
            needs_attention=served is not None and worker.state == "silent",
        )

    columns = ["Worker", "Runs", "Request", "Since", "Memory", "Queues"]
    empty = "Redis does not answer." if served is None else "No worker shows a sign of life."
    lines = [line(worker) for worker in found.workers[:MAX_WORKERS]]
    note = _more(len(found.workers), MAX_WORKERS)
    return Table(title="Workers", columns=columns, lines=lines, empty=empty, note=note)


def _counted(count: int, **filters: str) -> Cell:
    """Write a count, with a link to the list of what it counts. None of them: no link."""
    text = format_count(count)
    return format_html('<a href="{}">{}</a>', requests_url(**filters), text) if count else text


def _more(count: int, shown: int = MAX_LINES) -> str:
    return f"And {format_count(count - shown)} more." if count > shown else ""


def _summed(counts: Iterable[tuple[str, int]]) -> Counter[str]:
    sums: Counter[str] = Counter()
    for name, count in counts:
        sums[name] += count
    return sums
