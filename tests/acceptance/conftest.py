"""The stacks the tests run against, and the cast.

Alice owns, Bob is in her tenant, Charlie must see nothing. Every test has a cast of its own, so that neither limits
nor lists of one reach into another.
"""

import uuid
from collections.abc import Callable, Iterator

import pytest

from tests import live
from tests.live import LiveStack, run_live_stack

_HERE = "tests/acceptance/"
# Short, so that recovery takes seconds. The lease is three times the interval in which a running attempt renews it.
_QUICK = {
    "STREAMER_LEASE_SECONDS": "3",
    "STREAMER_CANCEL_GRACE_SECONDS": "1",
    "STREAMER_STOP_GRACE_SECONDS": "2",
    # A worker that was killed is back sooner.
    "STREAMER_PRELOAD": "false",
    # As in production; the other stack writes its logs for people.
    "LOG_JSON": "true",
}


def pytest_configure(config: pytest.Config) -> None:
    live.register(config)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Move the tests of logs to the end, when the logs are full."""
    items.sort(key=lambda item: item.nodeid.startswith(f"{_HERE}test_logs.py"))


@pytest.fixture(scope="session")
def crash_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveStack]:
    """Run a stack with short leases and graces. Tests may kill its processes, and must leave all of them running."""
    with run_live_stack(tmp_path_factory, "crash", redis_offset=1, env=_QUICK) as stack:
        yield stack


@pytest.fixture(scope="session")
def cast() -> Callable[[str], str]:
    return lambda name: f"{name}-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def alice(cast: Callable[[str], str]) -> str:
    return cast("alice")


@pytest.fixture
def bob(cast: Callable[[str], str]) -> str:
    return cast("bob")
