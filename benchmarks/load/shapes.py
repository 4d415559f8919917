"""The shapes of a load: all at once, one after another, or at a steady rate."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import uuid4

from benchmarks.load.board import Board
from benchmarks.load.drivers import Driver

Shape = Callable[[Driver, Board, Mapping[str, Any]], Awaitable[None]]


async def at_once(driver: Driver, board: Board, spec: Mapping[str, Any]) -> None:
    """Send all requests before anything else, and wait for all ends."""
    run = uuid4().hex[:8]
    for number in range(spec["requests"]):
        driver.submit(number, f"{run}-{number}", spec["payload"])
    await board.wait_for_all()


async def one_by_one(driver: Driver, board: Board, spec: Mapping[str, Any]) -> None:
    """Send each request when the one before has ended."""
    run = uuid4().hex[:8]
    for number in range(spec["requests"]):
        key = f"{run}-{number}"
        driver.submit(number, key, spec["payload"])
        await board.wait_for(key)


async def steady(driver: Driver, board: Board, spec: Mapping[str, Any]) -> None:
    """Send requests at a constant rate, whether or not earlier ones have ended."""
    run, loop = uuid4().hex[:8], asyncio.get_running_loop()
    begun = loop.time()
    for number in range(spec["requests"]):
        await asyncio.sleep(max(0.0, begun + number / spec["rate"] - loop.time()))
        driver.submit(number, f"{run}-{number}", spec["payload"])
    await board.wait_for_all()


SHAPES: Mapping[str, Shape] = {"at once": at_once, "one by one": one_by_one, "steady": steady}
