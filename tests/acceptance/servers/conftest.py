"""A third web process beside the shared stack, on Daphne and then on uvicorn. Tests may stop and kill it."""

import signal
from collections.abc import Iterator
from typing import get_args

import pytest

from streamer_site.local.stack import PROJECT_DIR
from streamer_site.local.supervisor import Supervisor
from streamer_site.local.web import Server, WebServer
from tests.hostile.logs import LogReader
from tests.live import LiveStack
from tests.local.waiting import eventually

LEEWAY_SECONDS = 60
STALL_SECONDS = 3


class OwnWeb:
    """One web process on the database and the Redis of the shared stack. It is started again when it ends."""

    def __init__(self, live: LiveStack, server: Server) -> None:
        self.web = WebServer("web", 0, server)
        self.logs = live.stack.data_dir / "logs" / server
        self._supervisor = Supervisor(self.logs, lambda name, line: None)
        # A proxy is trusted, and a token that expired a moment ago is taken.
        env = {**live.stack.env, "TRUST_PROXY": "true", "JWT_LEEWAY_SECONDS": str(LEEWAY_SECONDS)}
        env["STREAMER_STREAM_STALL_SECONDS"] = str(STALL_SECONDS)
        self._process = self._supervisor.add(self.web.program(env, PROJECT_DIR))
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        eventually(self.web.is_ready, "the web process serves", seconds=60)

    def send(self, signum: signal.Signals) -> None:
        self._process.send(signum)

    def pid(self) -> int | None:
        return self._process.pid

    def close(self) -> None:
        self._supervisor.close()
        self.web.close()


@pytest.fixture(scope="package", params=get_args(Server))
def own_web(request: pytest.FixtureRequest, live_stack: LiveStack) -> Iterator[OwnWeb]:
    own = OwnWeb(live_stack, request.param)
    yield own
    own.close()


@pytest.fixture(autouse=True)
def no_traceback(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test in which a traceback came into the log of the web process."""
    if "own_web" not in request.fixturenames:
        yield
        return
    own: OwnWeb = request.getfixturevalue("own_web")
    logs = LogReader(own.logs)
    yield
    own.wait_until_ready()
    assert not logs.tracebacks(), logs.tracebacks()
