"""The attacked stacks: one with each server, shared by all tests of this folder."""

from collections.abc import Iterator

import pytest

from streamer_site.local.web import Server
from tests import live
from tests.hostile.logs import LogReader
from tests.live import LiveStack, run_live_stack

_REDIS_OFFSETS: dict[Server, int] = {"daphne": 2, "uvicorn": 3}
# Attacks are on web processes; workers that load no libraries ahead of a request start sooner.
LIGHT_WORKERS = {"STREAMER_PRELOAD": "false"}


def pytest_configure(config: pytest.Config) -> None:
    live.register(config)


@pytest.fixture(scope="session", params=_REDIS_OFFSETS)
def attacked_stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveStack]:
    """Run a stack on Daphne, and then one on uvicorn. Each test that takes it runs on both."""
    server: Server = request.param
    label, offset = f"hostile-{server}", _REDIS_OFFSETS[server]
    env = {
        **LIGHT_WORKERS,
        # A flood of a topic is not to wait for its own limit.
        "STREAMER_TOPIC_MESSAGES_PER_SECOND": "100000",
        # A busy machine hashes thirty wrong passwords in more than the minute of the default.
        "STREAMER_TOKEN_RATE": "30/hour",
    }
    with run_live_stack(tmp_path_factory, label, server=server, redis_offset=offset, env=env) as stack:
        yield stack


@pytest.fixture
def server(attacked_stack: LiveStack) -> Server:
    return attacked_stack.stack.server


@pytest.fixture(autouse=True)
def no_traceback(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test whose attack put a traceback into a log."""
    if "attacked_stack" not in request.fixturenames:
        yield
        return
    logs = LogReader(request.getfixturevalue("attacked_stack").log_dir)
    yield
    assert not logs.tracebacks(), logs.tracebacks()
