"""The text that Prometheus reads: all metrics of the service, whichever process is asked."""

import time
from collections import Counter as Counts
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from django.db import Error as DatabaseError
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from jobs.circuit import circuit_states, failing_circuits
from jobs.metrics import exchange
from jobs.metrics.buckets import BOUNDS, Buckets
from jobs.metrics.counted import ELSEWHERE
from jobs.metrics.counters import QUICK_SECONDS, SUM, Counter, Histogram, Key, Metric
from jobs.metrics.disks import disks
from jobs.metrics.faults.limits import CIRCUIT_SECONDS, FAILED_MINUTES, LOST_MINUTES
from jobs.metrics.faults.requests import flooding_tenants, held_by_silent, lost_attempts, stuck_requests
from jobs.metrics.minutes import Sums, outcomes_since
from jobs.metrics.state import State, live_state, stored_bytes
from jobs.queue.health.probes import probe_services
from jobs.queue.presence import served_queues

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_STORED_SECONDS: Final = 60.0
Source = Callable[[datetime], Iterable[Family]]
SOURCES: list[Source] = []
"""Functions of other packages, such as that of the connections. Each gets the time and may ask the database."""
_stored: tuple[float, dict[str, int]] = (-_STORED_SECONDS, {})


def exposition() -> bytes:
    """Return all metrics. While the database is away, those that need it are left out."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_All())
    return generate_latest(registry)


class _All(Collector):
    def collect(self) -> Iterator[Family]:
        parts = probe_services()["parts"]
        is_redis_there = parts["redis"]["ok"]  # a silent one is waited for once
        served = served_queues() if is_redis_there else None
        yield from _parts(parts, served)
        yield from _disks()
        # The few counts of this process alone would look like counters that begin anew, and then like a great rush.
        yield from _counted(exchange.read() if is_redis_there else {})
        now = timezone.now()
        sources: list[Source] = [_outcomes, partial(_recent, served), _live, _stored_sizes, *SOURCES]
        for source in sources:
            try:
                families = list(source(now))
            except DatabaseError:
                continue
            yield from families


def _parts(parts: Mapping[str, Mapping[str, Any]], served: Mapping[str, frozenset[str]] | None) -> Iterator[Family]:
    """Tell whether each part of the service answers, and how quickly, and the workers of each queue."""
    up = GaugeMetricFamily("streamer_up", "1 if this part of the service answers.", labels=["part"])
    seconds = GaugeMetricFamily("streamer_probe_seconds", "Time of the answer of this part.", labels=["part"])
    for name, part in parts.items():
        up.add_metric([name], float(part["ok"]))
        seconds.add_metric([name], part["milliseconds"] / 1000)
    yield from (up, seconds)
    workers = GaugeMetricFamily("streamer_workers", "Live workers of this queue.", labels=["queue"])
    for queue, names in (served or {}).items():
        workers.add_metric([queue], len(names))
    yield workers
    circuits = GaugeMetricFamily(
        "streamer_circuit_open",
        "1 if calls of the process that was asked fail here.",
        labels=["circuit"],
    )
    failing = failing_circuits(CIRCUIT_SECONDS)
    for circuit in circuit_states():
        circuits.add_metric([circuit], float(circuit in failing))
    yield circuits


def _disks() -> Iterator[Family]:
    """The room on the disks of the host that was asked."""
    free = GaugeMetricFamily(
        "streamer_disk_free_bytes", "Room on the disk of this folder, on the host that was asked.", labels=["folder"]
    )
    size = GaugeMetricFamily("streamer_disk_size_bytes", "Size of that disk.", labels=["folder"])
    for name, disk in disks().items():
        free.add_metric([name], disk.free_bytes)
        size.add_metric([name], disk.size_bytes)
    yield from (free, size)


def _outcomes(now: datetime) -> Iterator[Family]:
    found = outcomes_since(None, now)
    finished = CounterMetricFamily(
        "streamer_requests_finished", "Requests that ended.", labels=["action", "status", "code"]
    )
    for outcome, sums in sorted(found.items()):
        finished.add_metric(outcome, sums.count)
    yield finished
    by_action: dict[str, Sums] = {}
    by_status: dict[tuple[str, str], Sums] = {}
    for (action, status, _), sums in found.items():
        by_action.setdefault(action, Sums()).add(sums)
        by_status.setdefault((action, status), Sums()).add(sums)
    retries = CounterMetricFamily("streamer_retries", "Attempts that failed and were repeated.", labels=["action"])
    lost = CounterMetricFamily("streamer_lost_attempts", "Attempts whose worker was lost.", labels=["action"])
    waits = HistogramMetricFamily(
        "streamer_request_wait_seconds", "Time from the submission to the first start.", labels=["action"]
    )
    for action, sums in sorted(by_action.items()):
        retries.add_metric([action], sums.retries)
        lost.add_metric([action], sums.lost)
        waits.add_metric([action], *_buckets(sums.waited, BOUNDS))
    runs = HistogramMetricFamily(
        "streamer_request_run_seconds", "Time from the first start to the end.", labels=["action", "status"]
    )
    for labels, sums in sorted(by_status.items()):
        runs.add_metric(labels, *_buckets(sums.ran, BOUNDS))
    yield from (retries, lost, waits, runs)


def _recent(served: Mapping[str, frozenset[str]] | None, now: datetime) -> Iterator[Family]:
    """Tell what the faults look back at. To Prometheus, the first failure of an action would not increase a counter."""
    ends = outcomes_since(now - timedelta(minutes=FAILED_MINUTES), now)
    counts: Counts[tuple[str, str]] = Counts()
    for (action, status, _), sums in ends.items():
        counts[action, status] += sums.count
    ended = GaugeMetricFamily(
        "streamer_requests_ended_recently",
        f"Requests that ended in the last {FAILED_MINUTES} minutes.",
        labels=["action", "status"],
    )
    for labels, count in sorted(counts.items()):
        ended.add_metric(labels, count)
    yield ended
    lost = lost_attempts(now, ends)[0] + sum(held for _, held, _ in held_by_silent(now, served))
    text = f"Attempts lost with their worker in the last {LOST_MINUTES} minutes, and requests that a silent one holds."
    yield GaugeMetricFamily("streamer_attempts_lost_recently", text, value=lost)


def _live(now: datetime) -> Iterator[Family]:
    state: State = live_state(now)
    lag = GaugeMetricFamily(
        "streamer_queue_lag_seconds", "Age of the oldest request that may run and has no worker.", labels=["queue"]
    )
    for queue, one in sorted(state.queues.items()):
        lag.add_metric([queue], one.lag_seconds)
    yield lag
    kinds = (("waiting", "for a first worker"), ("retrying", "for another attempt"), ("running", "on a worker"))
    for kind, place in kinds:
        family = GaugeMetricFamily(f"streamer_requests_{kind}", f"Requests {place} now.", labels=["action"])
        for action, count in sorted(getattr(state, kind).items()):
            family.add_metric([action], count)
        yield family
    paused = GaugeMetricFamily("streamer_action_paused", "1 while this action is paused.", labels=["action"])
    for action in state.paused:
        paused.add_metric([action], 1)
    yield paused
    paused_queues = GaugeMetricFamily("streamer_queue_paused", "1 while this queue is paused.", labels=["queue"])
    for name, one in state.queues.items():
        if one.pause is not None:
            paused_queues.add_metric([name], 1)
    yield paused_queues
    stuck = GaugeMetricFamily("streamer_requests_stuck", "Running requests without progress.", labels=["action"])
    for action, count in sorted(Counts(row.action for row in stuck_requests(now)).items()):
        stuck.add_metric([action], count)
    yield stuck
    floods = len(flooding_tenants(now))
    yield GaugeMetricFamily("streamer_tenants_flooding", "Tenants with most of all that waits.", value=floods)


def _stored_sizes(now: datetime) -> Iterator[Family]:
    global _stored
    if time.monotonic() - _stored[0] >= _STORED_SECONDS:
        _stored = (time.monotonic(), stored_bytes())
    family = GaugeMetricFamily("streamer_stored_bytes", "Size of the files that are kept.", labels=["kind"])
    for kind, size in _stored[1].items():
        family.add_metric([kind], size)
    yield family


def _counted(values: dict[Key, float]) -> Iterator[Family]:
    """Write what the processes have counted. A metric has its name and help even when nothing was counted of it."""
    by_name: dict[str, dict[tuple[str, ...], dict[str, float]]] = {}
    for (name, labels, part), value in values.items():
        by_name.setdefault(name, {}).setdefault(labels, {})[part] = value
    for name, metric in sorted({one.name: one for one in (*ELSEWHERE, *Metric.declared.values())}.items()):
        known = {labels: parts for labels, parts in by_name.get(name, {}).items() if len(labels) == len(metric.labels)}
        if isinstance(metric, Counter):
            counter = CounterMetricFamily(name, metric.help_text, labels=metric.labels)
            for labels, parts in sorted(known.items()):
                counter.add_metric(labels, parts.get("", 0))
            yield counter
        elif isinstance(metric, Histogram):
            histogram = HistogramMetricFamily(name, metric.help_text, labels=metric.labels)
            for labels, parts in sorted(known.items()):
                buckets = [parts.get(str(index), 0) for index in range(len(QUICK_SECONDS) + 1)] + [parts.get(SUM, 0)]
                histogram.add_metric(labels, *_buckets(buckets, QUICK_SECONDS))
            yield histogram


def _buckets(buckets: Buckets, bounds: tuple[float, ...]) -> tuple[list[tuple[str, float]], float]:
    """Return the buckets as Prometheus wants them, each with those below it, and the sum."""
    total, cumulated = 0.0, []
    for bound, count in zip((*map(str, bounds), "+Inf"), buckets, strict=False):
        total += count
        cumulated.append((bound, total))
    return cumulated, buckets[-1]
