"""Replay: a hundred sockets come back at once, each to a thousand events of a request. No peer keeps any."""

from benchmarks.frame.bars import Bar, judge
from benchmarks.frame.bench import Bench
from benchmarks.frame.figures import LOST, median_figures, percentile
from benchmarks.results import Row
from benchmarks.systems.cost import cpu_seconds
from benchmarks.systems.load import run_load
from benchmarks.systems.running import Running, System

FOLLOWERS, EVENTS = 100, 1_000
_ACTION = "bench_events"


def measure(bench: Bench) -> list[Row]:
    """Measure the replay on each database."""
    scenario = f"replay: {FOLLOWERS} sockets come back to {EVENTS:,} events each"
    found: dict[System, list[dict[str, float]]] = {}

    def measure_one(system: System, running: Running) -> None:
        if running.spec["has_bench_handlers"]:
            found.setdefault(system, []).append(_measure_one(bench, running))
        else:
            bench.say(f"{system.name} does not have the handlers of the bench")

    bench.in_rounds(bench.ours(), measure_one)
    rows = [Row(scenario, system.name, median_figures(rounds)) for system, rounds in found.items()]
    return [judge(row, [Bar(LOST, "<=", 0)]) for row in rows]


def _measure_one(bench: Bench, running: Running) -> dict[str, float]:
    spec = {**running.spec, "load": "replay", "url": running.url, "action": _ACTION, "payload": {"events": EVENTS}}
    before = [0.0]
    result = run_load(
        {**spec, "followers": FOLLOWERS, "timeout": 120},
        before=lambda: before.__setitem__(0, cpu_seconds(running.pids)),
    )
    for fault in result["faults"][:3]:
        bench.say(fault)
    events = sum(result["events"])
    figures = {
        "seconds": result["seconds"],
        "events/s": events / result["seconds"],
        "each p50 ms": 1000 * percentile(result["each_seconds"], 50),
        "each p99 ms": 1000 * percentile(result["each_seconds"], 99),
        LOST: float(abs(FOLLOWERS * EVENTS - events) + len(result["faults"])),
    }
    if running.pids:
        figures["CPU s"] = cpu_seconds(running.pids) - before[0]
    return figures
