"""The times that the tests measured, for people. A plugin that prints them at the end, from every lane."""

import statistics
from collections import defaultdict
from typing import Any

import pytest


class Figures:
    def __init__(self) -> None:
        self._seconds: defaultdict[str, list[float]] = defaultdict(list)

    def add(self, name: str, seconds: float) -> None:
        self._seconds[name].append(seconds)

    def lines(self) -> list[str]:
        """Return one line for each name, with milliseconds."""
        return [
            f"{name:<48} median {1000 * statistics.median(times):8.1f} ms   "
            f"slowest {1000 * max(times):8.1f} ms   of {len(times)}"
            for name, times in sorted(self._seconds.items())
        ]


_FIGURES = pytest.StashKey[Figures]()
_LINES = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_FIGURES] = Figures()
    config.stash[_LINES] = []


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Figures:
    """Collect measured times. They are printed and never judged closely, because the machine may be busy."""
    return request.config.stash[_FIGURES]


def pytest_sessionfinish(session: pytest.Session) -> None:
    lines = session.config.stash[_FIGURES].lines()
    output = getattr(session.config, "workeroutput", None)
    if output is None:
        session.config.stash[_LINES].extend(lines)
    else:
        output["figures"] = lines


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take the times of a lane of pytest-xdist that ended."""
    node.config.stash[_LINES].extend(getattr(node, "workeroutput", {}).get("figures", []))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if lines := config.stash[_LINES]:
        terminalreporter.section("figures of the acceptance tests")
        for line in lines:
            terminalreporter.write_line(line)
