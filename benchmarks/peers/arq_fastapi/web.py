"""The web side: a FastAPI server that enqueues jobs of arq, and passes their progress on to the client's socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from arq import create_pool
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from tasks import REDIS


@asynccontextmanager
async def connected(app: FastAPI) -> AsyncIterator[None]:
    """Keep one pool of connections while the server runs."""
    app.state.redis = await create_pool(REDIS)
    yield
    await app.state.redis.aclose()


app = FastAPI(lifespan=connected)


@app.websocket("/ws")
async def serve(socket: WebSocket) -> None:
    """Serve one client."""
    await socket.accept()
    channel = f"client.{uuid4()}"
    redis = app.state.redis
    async with redis.pubsub() as news:
        await news.subscribe(channel)

        async def pass_on() -> None:
            async for message in news.listen():
                if message["type"] == "message":
                    await socket.send_text(message["data"].decode())

        passing = asyncio.create_task(pass_on())
        try:
            while True:
                message = await socket.receive_json()
                await redis.enqueue_job("work", channel, message["id"], message["payload"])
                await socket.send_json({"type": "ack", "id": message["id"]})
        except WebSocketDisconnect:
            passing.cancel()
