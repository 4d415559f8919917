"""Echo: the quickest action there and back, beside an application that only sends back what it gets.

Ten sockets keep one message each in flight, and then sixteen.
"""

from benchmarks.frame.bars import Bar, judge
from benchmarks.frame.bench import Bench
from benchmarks.frame.figures import median_figures, percentile
from benchmarks.results import Row
from benchmarks.systems.cost import cpu_seconds
from benchmarks.systems.load import run_load
from benchmarks.systems.peers import BareServer
from benchmarks.systems.running import Running, System
from benchmarks.systems.streamer import OwnStack
from streamer_site.local.web import Server

SHARES: dict[Server, float] = {"daphne": 1.0, "uvicorn": 0.8}
_SOCKETS, _WINDOWS, _SECONDS = 10, (1, 16), 3.0


def measure(bench: Bench) -> list[Row]:
    """Measure each server with Streamer and bare, in turns."""
    systems: dict[str, System] = {}
    for server in SHARES:
        systems[f"Streamer on {server}"] = OwnStack(server=server)
        systems[f"bare {server}"] = BareServer(server)
    if bench.other:
        systems = {bench.other.name: bench.other}
    names = {system: name for name, system in systems.items()}
    found: dict[tuple[int, str], list[dict[str, float]]] = {}

    def measure_all(system: System, running: Running) -> None:
        for window in _WINDOWS:
            found.setdefault((window, names[system]), []).append(_measure_one(running, window))

    bench.in_rounds(list(systems.values()), measure_all)
    rows = [
        Row(f"echo: {_SOCKETS} sockets, {window} in flight on each", name, median_figures(found[window, name]))
        for window in _WINDOWS
        for name in systems
        if (window, name) in found
    ]
    bars = {
        f"Streamer on {server}": Bar("messages/s", ">=", share, f"bare {server}") for server, share in SHARES.items()
    }
    return [judge(row, [bars[row.system]], rows) if row.system in bars else row for row in rows]


def _measure_one(running: Running, window: int) -> dict[str, float]:
    spec = {"load": "echo", "url": running.url, "tokens": running.spec.get("tokens", [])}
    before = [0.0]
    result = run_load(
        {**spec, "sockets": _SOCKETS, "window": window, "seconds": _SECONDS, "timeout": 60},
        before=lambda: before.__setitem__(0, cpu_seconds(running.pids)),
    )
    figures = {
        "messages/s": result["per_second"],
        "p50 ms": percentile(result["milliseconds"], 50),
        "p99 ms": percentile(result["milliseconds"], 99),
    }
    if running.pids:
        messages = len(result["milliseconds"])
        figures["CPU us/message"] = 1e6 * (cpu_seconds(running.pids) - before[0]) / messages
    return figures
