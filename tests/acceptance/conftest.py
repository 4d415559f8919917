"""The stacks the tests run against, and the cast.

Alice owns, Bob is in her tenant, Charlie must see nothing. Every test has a cast of its own, so that neither limits
nor lists of one reach into another.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import live
from tests.collector import Collector, run_collector
from tests.live import LiveStack, run_live_stack

METRICS_TOKEN = "a-token-of-the-operator"
_LAST = "tests/acceptance/failures/test_logs.py"
# Short, so that recovery takes seconds. The lease is three times the interval in which a running attempt renews it.
_QUICK = {
    "STREAMER_LEASE_SECONDS": "3",
    "STREAMER_CANCEL_GRACE_SECONDS": "1",
    "STREAMER_STOP_GRACE_SECONDS": "2",
    "STREAMER_SERVER_SILENCE_SECONDS": "4",
    # A worker that was killed is back sooner.
    "STREAMER_PRELOAD": "false",
    # As in production; the other stack writes its logs for people.
    "LOG_JSON": "true",
}


def pytest_configure(config: pytest.Config) -> None:
    live.register(config)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Move the tests of logs to the end, when the logs are full."""
    items.sort(key=lambda item: item.nodeid.startswith(_LAST))


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    """Collect the traces and the error reports of the crash stack."""
    with run_collector() as collector:
        yield collector


@pytest.fixture(scope="session")
def crash_stack(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> Iterator[LiveStack]:
    """Run a stack with short leases and graces. Tests may kill its processes, and must leave all of them running."""
    told = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        # Soon, for a child that is killed tells only of what it has sent.
        "OTEL_BSP_SCHEDULE_DELAY": "200",
        "SENTRY_DSN": collector.sentry_dsn,
        "STREAMER_METRICS_TOKEN": METRICS_TOKEN,
    }
    with run_live_stack(tmp_path_factory, "crash", redis_offset=1, env=_QUICK | told) as stack:
        yield stack


@pytest.fixture
def end(tmp_path: Path) -> Iterator[Path]:
    """Name a file that does not exist yet, for a request that runs until it does: ``end.touch()``."""
    path = tmp_path / "end"
    yield path
    path.touch()  # or the request of a test that failed would keep a worker from the tests that follow


@pytest.fixture
def alice(cast: Callable[[str], str]) -> str:
    return cast("alice")


@pytest.fixture
def bob(cast: Callable[[str], str]) -> str:
    return cast("bob")
