"""The other tenant: one socket that sends a request, waits for its end, and sends the next."""

import json
import time

from benchmarks.fairness.clients import hear, open_socket

_ADDRESS = "127.0.0.3"


async def first_progress_seconds(url: str, token: str, requests: int) -> list[float]:
    """Return, for each of some requests, the seconds from sending it to its first progress."""
    seconds = []
    async with open_socket(url, token, _ADDRESS) as socket:
        if (welcome := await hear(socket))["type"] != "welcome":
            raise RuntimeError(f"The bystander was not let in: {welcome}")
        for _ in range(requests):
            sent, first = time.perf_counter(), 0.0
            await socket.send(json.dumps({"action": "bench_work", "payload": {"steps": 1, "seconds": 0}}))
            while not (message := await hear(socket)).get("final"):
                if message["type"] == "error":
                    raise RuntimeError(f"The bystander was refused: {message}")
                if message["type"] == "progress":
                    first = first or time.perf_counter() - sent
            seconds.append(first or time.perf_counter() - sent)
    return seconds
