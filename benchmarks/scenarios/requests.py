"""Requests beside the peers: all at once, steadily, one by one, and such that keep the processors busy.

Each request reports a number of times and ends. Streamer is measured twice: with every update sent, as the peers do,
and as it sends by default, with updates that come close together thinned.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.frame.bars import Bar, judge
from benchmarks.frame.bench import Bench
from benchmarks.frame.figures import LOST, median_figures, request_figures
from benchmarks.results import Row
from benchmarks.systems.cost import cpu_seconds, memory_mb
from benchmarks.systems.load import run_load
from benchmarks.systems.running import Running, System
from benchmarks.systems.streamer import USERS, OwnStack

BESIDE = "socket.io + BullMQ"
_WARM_UP = 16
_TIMEOUT_SECONDS = 120.0
# What is left to do after the last end is part of the cost.
_SETTLE_SECONDS = 0.5
_EVERY, _COALESCED = "every update", "coalesced"


@dataclass(frozen=True)
class Load:
    """One load. Unless ``ours_alone``, every system gets it."""

    name: str
    requests: int
    shape: str = "at once"
    steps: int = 20
    seconds: float = 0.1
    hash_mib: int = 0
    rate: float = 0.0
    modes: tuple[str, ...] = (_EVERY, _COALESCED)
    ours_alone: bool = False

    @property
    def title(self) -> str:
        pause = f"{1000 * self.seconds / self.steps:.0f} ms apart" if self.seconds else "without pauses"
        work = f", each after {self.hash_mib} MiB of SHA-256" if self.hash_mib else ""
        rate = f", {self.rate:.0f} a second" if self.rate else ""
        return f"{self.name}: {self.requests} requests {self.shape}{rate}, {self.steps} updates {pause}{work}"


def loads(*, is_full: bool) -> list[Load]:
    """List the loads in the order they run."""
    return [
        Load("n30", 30),
        Load("n100", 100),
        Load("n300", 300),
        Load("steady", 200 if is_full else 100, "steady", rate=20),
        Load("one by one", 10, "one by one", modes=(_EVERY,)),
        Load("no pauses", 100, seconds=0),
        Load("rapid loop", 30, steps=100, seconds=0, modes=(_COALESCED,), ours_alone=True),
        Load("cpu", 40, seconds=0, hash_mib=2),
    ]


def bars_of(load: Load, *, is_postgresql: bool) -> list[Bar]:
    """List what Streamer must reach in a load."""
    bars = [Bar(LOST, "<=", 0), Bar("memory MB", "<=", 900)]
    if load.name == "cpu":
        return bars
    if load.name == "rapid loop":
        return [*bars, Bar("fewer updates %", ">=", 80)]
    if load.name == "one by one":
        return [*bars, Bar("ack to first p50 ms", "<=", 5)]
    if not load.rate:
        share = 0.4 if not load.seconds else 0.85 if is_postgresql else 0.95
        bars += [Bar("CPU ms/request", "<=", 15), Bar("requests/s", ">=", share, BESIDE)]
    if not load.seconds:
        return bars
    return [
        *bars,
        Bar("ack p99 ms", "<=", 2, BESIDE),
        Bar("emit p50 ms", "<=", 2, BESIDE),
        Bar("emit p99 ms", "<=", 1.5, BESIDE),
    ]


def measure(bench: Bench) -> list[Row]:
    """Measure ours and the peers in turns."""
    systems = [*bench.ours(), *bench.theirs()]
    planned = loads(is_full=bench.is_full)
    found: dict[tuple[Load, str, System], list[dict[str, float]]] = {}

    def measure_all(system: System, running: Running) -> None:
        for load in planned:
            for mode in _modes(load, system, running):
                figures = _measure_one(bench, running, load, mode, f"{system.name}, {load.name}")
                found.setdefault((load, mode, system), []).append(figures)

    bench.in_rounds(systems, measure_all, named=[BESIDE])
    rows = {}
    for load, mode, system in sorted(found, key=lambda key: planned.index(key[0])):
        name = f"{system.name}, {mode}" if system.is_ours else system.name
        rows[load, mode, system] = Row(load.title, name, median_figures(found[load, mode, system]))
    return [_judged(load, system, row, list(rows.values())) for (load, _, system), row in rows.items()]


def _judged(load: Load, system: System, row: Row, others: Sequence[Row]) -> Row:
    if not system.is_ours:
        return row
    is_postgresql = isinstance(system, OwnStack) and system.database_url is not None
    return judge(row, bars_of(load, is_postgresql=is_postgresql), others)


def _modes(load: Load, system: System, running: Running) -> Sequence[str]:
    if not system.is_ours:
        return () if load.ours_alone else (_EVERY,)
    if not running.spec["has_bench_handlers"]:
        # ``delay`` takes their place. It cannot hash, and its updates are thinned.
        return () if load.hash_mib else (_COALESCED,)
    return load.modes


def _measure_one(bench: Bench, running: Running, load: Load, mode: str, name: str) -> dict[str, float]:
    payload: dict[str, Any] = {"steps": load.steps, "seconds": load.seconds}
    has_bench_handlers = running.spec.get("has_bench_handlers")
    if has_bench_handlers is not False:
        payload["hash_mib"] = load.hash_mib
    if has_bench_handlers:
        payload["every"] = mode == _EVERY
    spec = {
        **running.spec,
        **{"load": "requests", "driver": running.driver, "url": running.url, "sockets": USERS},
        **{"shape": load.shape, "requests": load.requests, "rate": load.rate, "payload": payload},
        **{"warm_up": _WARM_UP, "timeout": _TIMEOUT_SECONDS},
    }
    before = [0.0]
    result = run_load(spec, before=lambda: before.__setitem__(0, cpu_seconds(running.pids)))
    time.sleep(_SETTLE_SECONDS)
    for fault in result["faults"][:3]:
        bench.say(f"{name}: {fault}")
    figures = request_figures(
        result,
        updates=load.steps,
        sends_all=mode == _EVERY,
        same_clock=running.same_clock and has_bench_handlers is not False,
    )
    if load.name != "one by one":
        del figures["ack to first p50 ms"]
    if load.name == "rapid loop":
        figures["fewer updates %"] = 100 * (1 - figures["updates"] / load.steps)
    if running.pids:
        figures["CPU ms/request"] = 1000 * (cpu_seconds(running.pids) - before[0]) / load.requests
        figures["memory MB"] = memory_mb(running.pids)
    return figures
