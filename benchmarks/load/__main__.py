"""Do the load that the first line of the input describes as JSON."""

import asyncio
import json
import os
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.load import echo, replay
from benchmarks.load.board import Board
from benchmarks.load.drivers import Driver, PlainDriver, SocketIODriver, StreamerDriver
from benchmarks.load.gradio_driver import GradioDriver
from benchmarks.load.shapes import SHAPES

DRIVERS: Mapping[str, Callable[[Mapping[str, Any], Board], Driver]] = {
    "streamer": StreamerDriver,
    "plain": PlainDriver,
    "socket.io": SocketIODriver,
    "gradio": GradioDriver,
}


async def requests(spec: Mapping[str, Any], wait: Callable[[], None]) -> dict[str, Any]:
    """Send requests, after a few to warm up, and wait for their ends."""
    board = Board()
    driver = DRIVERS[spec["driver"]](spec, board)
    await driver.open()
    if spec["warm_up"]:
        await SHAPES["at once"](driver, board, {**spec, "requests": spec["warm_up"]})
        board.forget()
    wait()
    try:
        async with asyncio.timeout(spec["timeout"]):
            await SHAPES[spec["shape"]](driver, board, spec)
    except TimeoutError:
        board.failed(f"not all requests ended within {spec['timeout']} s")
    result = board.result()
    await driver.close()
    return result


LOADS = {"requests": requests, "echo": echo.run, "replay": replay.run}


def wait_for_go() -> None:
    """Tell that all is prepared, and wait until whoever measures is, too."""
    print("ready", flush=True)
    if not sys.stdin.readline():
        raise SystemExit("Nobody measures any more")
    threading.Thread(target=_end_with_input, daemon=True).start()


def _end_with_input() -> None:
    """End the process when whoever measures has ended, be it by a kill."""
    sys.stdin.read()
    os._exit(1)


async def run(spec: Mapping[str, Any]) -> dict[str, Any]:
    # Twice, because what comes before the load may take as long. A load of requests itself ends earlier.
    async with asyncio.timeout(2 * spec["timeout"]):
        return await LOADS[spec["load"]](spec, wait_for_go)


def main() -> None:
    spec = json.loads(sys.stdin.readline())
    Path(spec["result"]).write_text(json.dumps(uvloop.run(run(spec))))


if __name__ == "__main__":
    main()
