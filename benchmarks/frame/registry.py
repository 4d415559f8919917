"""All scenarios of the bench, in the order they run. This is the one place to add one."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module

from benchmarks.frame.bench import Bench
from benchmarks.results import Row


@dataclass(frozen=True)
class Scenario:
    """One module with a function ``measure`` that returns rows. It is imported when it is its turn."""

    name: str
    """The name for ``--only``, and of the marks in the page."""
    module: str
    needs_own_stack: bool = True
    """True: it cannot measure a stack that runs elsewhere."""
    is_for_full_set: bool = False
    """True: the short set leaves it out, unless it is asked for by name."""

    def measure(self, bench: Bench) -> Sequence[Row]:
        """Call the module's ``measure`` with the bench, or with as much of it as that asks for by name."""
        measure: Callable[..., Sequence[Row]] = import_module(self.module).measure
        offered = {"bench": bench, "rounds": bench.rounds}
        wanted = inspect.signature(measure).parameters
        return measure(**{name: value for name, value in offered.items() if name in wanted})


SCENARIOS = (
    Scenario("echo", "benchmarks.scenarios.echo", needs_own_stack=False),
    Scenario("handshakes", "benchmarks.handshakes"),
    Scenario("requests", "benchmarks.scenarios.requests", needs_own_stack=False),
    Scenario("batch", "benchmarks.scenarios.batch", is_for_full_set=True),
    Scenario("fan-out", "benchmarks.fan_out"),
    Scenario("sending", "benchmarks.scenarios.sending", is_for_full_set=True),
    Scenario("replay", "benchmarks.scenarios.replay", needs_own_stack=False),
    Scenario("idle", "benchmarks.scenarios.idle", is_for_full_set=True),
    Scenario("fairness", "benchmarks.scenarios.fairness", is_for_full_set=True),
    Scenario("capacity", "benchmarks.scenarios.capacity", is_for_full_set=True),
    Scenario("growth", "benchmarks.scenarios.growth"),
    Scenario("data", "benchmarks.scenarios.data"),
    Scenario("reports", "benchmarks.scenarios.reports", is_for_full_set=True),
)
