"""The RQ side: eight workers that fork for each job, and emit progress through the Redis of python-socketio."""

import os
import time
from typing import Any

import socketio
from work import percentages


def work(room: str, request: str, payload: dict[str, Any]) -> None:
    """Do the work of one request, in a process of its own."""
    manager = socketio.RedisManager(os.environ["REDIS_URL"], write_only=True)
    for percentage in percentages(payload):
        message = {"id": request, "percentage": percentage, "sent_at": time.time()}
        manager.emit("progress", message, room=room)
    manager.emit("end", {"id": request}, room=room)
