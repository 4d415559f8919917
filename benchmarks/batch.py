"""Measures what a client saves by sending its requests in one message instead of one message each.

Each round has a user of its own and one open socket. The clock runs from the first byte sent to the last
acknowledgment. Rounds of both kinds take turns, and each waits until everything of the one before has ended.

    .venv/bin/python benchmarks/batch.py [--requests 100] [--rounds 15]
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import websockets

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "streamer_site.settings")

from benchmarks.systems.unlimited import UNLIMITED
from streamer_site.local.stack import Stack

KINDS = ("one message each", "one message for all")


async def seconds_to_acknowledge(stack: Stack, user: str, frames: Sequence[str], requests: int) -> float:
    protocols = [websockets.Subprotocol("streamer.v1"), websockets.Subprotocol(f"bearer.{stack.token(user)}")]
    async with websockets.connect(stack.ws_url, subprotocols=protocols, proxy=None, max_size=None) as socket:
        assert json.loads(await socket.recv())["type"] == "welcome"
        started = time.perf_counter()
        for frame in frames:
            await socket.send(frame)
        acknowledged = finished = 0
        seconds = 0.0
        while finished < requests:
            message: Mapping[str, Any] = json.loads(await socket.recv())
            assert message["type"] != "error", message
            if message["type"] == "acknowledgment":
                acknowledged += 1
                seconds = time.perf_counter() - started
            finished += bool(message.get("final"))
        assert acknowledged == requests
    return seconds


def frames_of(kind: str, requests: int) -> list[str]:
    items = [{"action": "echo_async", "id": str(number), "payload": {"message": number}} for number in range(requests)]
    return [json.dumps({"type": "requests", "requests": items})] if kind == KINDS[1] else list(map(json.dumps, items))


async def measure(stack: Stack, requests: int, rounds: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for number in range(-2, rounds):
        for kind in KINDS:
            user = f"user-{number}-{KINDS.index(kind)}"
            seconds = await seconds_to_acknowledge(stack, user, frames_of(kind, requests), requests)
            if number >= 0:  # the first rounds only warm up
                times[kind].append(seconds)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Stack(Path(folder), workers=1, env=UNLIMITED) as stack:
        times = asyncio.run(measure(stack, options.requests, options.rounds))
    print(f"milliseconds until {options.requests} requests are acknowledged, {options.rounds} rounds")
    for kind, seconds in times.items():
        low, median, high = (1000 * cut for cut in statistics.quantiles(seconds, n=4))
        print(f"{kind:<20} median {median:6.0f}   quartiles {low:.0f}–{high:.0f}")


if __name__ == "__main__":
    main()
