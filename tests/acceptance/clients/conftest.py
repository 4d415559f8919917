"""Both clients, each in a process of its own. Every test that takes ``driver`` runs with the one and then the other."""

import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from functools import cache
from pathlib import Path

import pytest

from streamer_site.local.stack import PROJECT_DIR
from tests.acceptance.clients.driver import Driver

_DRIVERS = Path(__file__).resolve().parent / "drivers"
_PYTHON_CLIENT = PROJECT_DIR / "clients/python/src"
_JAVASCRIPT_CLIENT = PROJECT_DIR / "realtime/static/streamer/client/streamer-client.js"
_OLDEST_NODE = 20
LANGUAGES = ("python", "javascript")


@cache
def missing_node() -> str:
    """Return why Node cannot run the JavaScript client; "" if it can."""
    path = shutil.which("node")
    if path is None:
        return f"no node on the PATH; the JavaScript client needs {_OLDEST_NODE} or newer"
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    version = re.match(r"v(\d+)", said)
    is_old = version is None or int(version[1]) < _OLDEST_NODE
    return f"node is {said}; the JavaScript client needs {_OLDEST_NODE} or newer" if is_old else ""


def start_of(language: str) -> Driver:
    """Return a driver that is not started yet."""
    if language == "python":
        env = {"PYTHONPATH": str(_PYTHON_CLIENT), "PYTHONUNBUFFERED": "1"}
        return Driver([sys.executable, str(_DRIVERS / "python_driver.py")], env)
    # Sockets are a global of Node from 22 on.
    argv = ["node", "--experimental-websocket", str(_DRIVERS / "node_driver.js"), _JAVASCRIPT_CLIENT.as_uri()]
    return Driver(argv, {"NODE_NO_WARNINGS": "1"})


@pytest.fixture(params=LANGUAGES)
async def driver(request: pytest.FixtureRequest) -> AsyncIterator[Driver]:
    if request.param == "javascript" and missing_node():
        pytest.skip(missing_node())
    async with start_of(request.param) as driver:
        yield driver


@pytest.fixture
async def both() -> AsyncIterator[Sequence[Driver]]:
    """Run both at once, for a test that would wait twice as long otherwise. Where there is no Node, it is one."""
    languages = LANGUAGES[:1] if missing_node() else LANGUAGES
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(start_of(language)) for language in languages]
