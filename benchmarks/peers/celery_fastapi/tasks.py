"""The Celery side: eight child processes take tasks from Redis, and publish their progress to the client's channel."""

import json
import os
import time
from functools import cache
from typing import Any

import redis
from celery import Celery
from work import percentages

app = Celery("bench", broker=os.environ["REDIS_URL"])
app.conf.update(task_ignore_result=True, broker_connection_retry_on_startup=True)


@cache
def publisher() -> redis.Redis:
    """Connect once in each child process."""
    return redis.Redis.from_url(os.environ["REDIS_URL"])


@app.task
def work(channel: str, request: str, payload: dict[str, Any]) -> None:
    """Do the work of one request."""
    for percentage in percentages(payload):
        message = {"type": "progress", "id": request, "percentage": percentage, "sent_at": time.time()}
        publisher().publish(channel, json.dumps(message))
    publisher().publish(channel, json.dumps({"type": "end", "id": request}))
