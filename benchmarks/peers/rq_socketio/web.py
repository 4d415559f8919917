"""The web side: a Socket.IO server in Python that enqueues jobs of RQ. Workers emit to its sockets through Redis."""

import asyncio
import os
from typing import Any

import redis
import socketio
from rq import Queue

server = socketio.AsyncServer(async_mode="asgi", client_manager=socketio.AsyncRedisManager(os.environ["REDIS_URL"]))
queue = Queue(connection=redis.Redis.from_url(os.environ["REDIS_URL"]))
app = socketio.ASGIApp(server)


@server.event
async def submit(sid: str, message: dict[str, Any]) -> dict[str, Any]:
    """Enqueue a request. The return value is the acknowledgment."""
    await asyncio.to_thread(queue.enqueue, "tasks.work", sid, message["id"], message["payload"])
    return {"id": message["id"]}
