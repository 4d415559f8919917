"""The web side: a FastAPI server that starts Celery tasks, and passes their progress on to the client's socket."""

import asyncio
import os
from uuid import uuid4

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from redis.asyncio import Redis
from tasks import work

app = FastAPI()


@app.websocket("/ws")
async def serve(socket: WebSocket) -> None:
    """Serve one client."""
    await socket.accept()
    channel = f"client.{uuid4()}"
    async with Redis.from_url(os.environ["REDIS_URL"]) as redis, redis.pubsub() as news:
        await news.subscribe(channel)

        async def pass_on() -> None:
            async for message in news.listen():
                if message["type"] == "message":
                    await socket.send_text(message["data"].decode())

        passing = asyncio.create_task(pass_on())
        try:
            while True:
                message = await socket.receive_json()
                await asyncio.to_thread(work.delay, channel, message["id"], message["payload"])
                await socket.send_json({"type": "ack", "id": message["id"]})
        except WebSocketDisconnect:
            passing.cancel()
