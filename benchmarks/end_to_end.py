"""Measures how close a real stack comes to the speed of its handlers alone.

Each request reports 20 times, 5 ms apart: 0.1 s of work. Eight workers could thus do 80 requests a second if
everything else were free. Reported: requests a second, as a share of that limit, and percentiles of what clients see.

    .venv/bin/python benchmarks/end_to_end.py [--requests 100] [--workers 8]
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "streamer_site.settings")

from streamer_site.local.client import Client, Followed
from streamer_site.local.stack import Stack

STEPS, STEP_SECONDS = 20, 0.005
_USERS = 10


class Timed:
    """The times at which one request was sent, acknowledged, first showed progress, and finished."""

    def __init__(self) -> None:
        self.sent = time.monotonic()
        self.acknowledged = self.progressed = self.finished = 0.0

    def note(self, followed: Followed) -> None:
        now = time.monotonic()
        if followed.was_queued:
            self.acknowledged = self.acknowledged or now
        if followed.text:
            self.progressed = self.progressed or now
        if followed.finals:
            self.finished = now


async def load(stack: Stack, tokens: Sequence[str], requests: int) -> tuple[list[Timed], float, list[str]]:
    """Send all requests at once, spread over the users. Return their times, the seconds in all, and the failures."""
    clients = [await Client(stack.ws_url, token).__aenter__() for token in tokens]
    started = time.monotonic()
    timed = [Timed() for _ in range(requests)]
    payload = {"seconds": STEPS * STEP_SECONDS, "steps": STEPS}
    followed = [
        await clients[number % len(clients)].send("delay", payload, on_change=item.note)
        for number, item in enumerate(timed)
    ]
    await asyncio.gather(*(item.ended.wait() for item in followed))
    seconds = time.monotonic() - started
    for client in clients:
        await client.__aexit__()
    return timed, seconds, [fault for item in followed for fault in item.faults()]


def percentiles(values: list[float]) -> str:
    cuts = statistics.quantiles(values, n=100)
    return f"{1000 * cuts[49]:8.0f} {1000 * cuts[94]:8.0f} {1000 * cuts[98]:8.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=100)
    parser.add_argument("--workers", type=int, default=8)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Stack(Path(folder), workers=options.workers) as stack:
        tokens = [stack.token(f"user-{number}", tenant=f"tenant-{number}") for number in range(_USERS)]
        asyncio.run(load(stack, tokens, options.workers * 2))  # warm up
        timed, seconds, faults = asyncio.run(load(stack, tokens, options.requests))
        stack.wait_until_ready()
    limit = options.workers / (STEPS * STEP_SECONDS)
    print(f"{options.requests} requests, {options.workers} workers: {options.requests / seconds:.1f}/s", end="")
    print(f" = {100 * options.requests / seconds / limit:.0f} % of the limit ({limit:.0f}/s)")
    print("milliseconds             p50      p95      p99")
    print("to acknowledgment  ", percentiles([item.acknowledged - item.sent for item in timed]))
    print("to first progress  ", percentiles([item.progressed - item.sent for item in timed]))
    print("to the end         ", percentiles([item.finished - item.sent for item in timed]))
    print("faults:", "; ".join(faults) or "none")


if __name__ == "__main__":
    main()
