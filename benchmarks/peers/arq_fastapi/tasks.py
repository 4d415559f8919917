"""The arq side: one process runs eight jobs at a time, and publishes their progress to the client's channel."""

import asyncio
import json
import os
import time
from typing import Any, ClassVar

from arq.connections import RedisSettings
from work import hash_memory

REDIS = RedisSettings.from_dsn(os.environ["REDIS_URL"])


async def work(context: dict[str, Any], channel: str, request: str, payload: dict[str, Any]) -> None:
    """Do the work of one request."""
    redis, steps, seconds = context["redis"], payload["steps"], payload["seconds"]
    started = time.monotonic()
    for step in range(steps):
        message = {"type": "progress", "id": request, "percentage": 100 * step / steps, "sent_at": time.time()}
        await redis.publish(channel, json.dumps(message))
        if payload["hash_mib"]:
            await asyncio.to_thread(hash_memory, payload["hash_mib"])
        await asyncio.sleep(max(0.0, started + seconds * (step + 1) / steps - time.monotonic()))
    await redis.publish(channel, json.dumps({"type": "end", "id": request}))


class WorkerSettings:
    """The settings that the command ``arq`` reads."""

    functions: ClassVar = [work]
    redis_settings = REDIS
    max_jobs = 8
