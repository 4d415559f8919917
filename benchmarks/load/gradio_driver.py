"""The driver of Gradio's queue: a request is a POST, and a session hears of all its requests on one stream."""

import asyncio
from collections.abc import Mapping
from typing import Any

import aiohttp

from benchmarks.load.board import Board
from benchmarks.load.messages import note_gradio
from benchmarks.load.sockets import decode

_LINE_BYTES = 1024 * 1024


class GradioDriver:
    """One session for each of ``sockets``. Its stream opens with its first request, because Gradio ends idle ones."""

    def __init__(self, spec: Mapping[str, Any], board: Board) -> None:
        self._spec = spec
        self._board = board
        self._keys: dict[str, str] = {}
        self._early: dict[str, list[Mapping[str, Any]]] = {}
        self._streams: dict[str, asyncio.Task[None]] = {}
        self._joins: set[asyncio.Task[None]] = set()
        self._function = 0

    async def open(self) -> None:
        connector = aiohttp.TCPConnector(limit=0)
        self._http = aiohttp.ClientSession(
            self._spec["url"], connector=connector, timeout=aiohttp.ClientTimeout(), read_bufsize=_LINE_BYTES
        )
        async with self._http.get("/config") as answer:
            config = decode(await answer.read())
        self._function = next(one["id"] for one in config["dependencies"] if one["api_name"] == "work")

    def submit(self, number: int, key: str, payload: Mapping[str, Any]) -> None:
        self._board.sent(key)
        join = asyncio.create_task(self._join(f"session-{number % self._spec['sockets']}", key, payload))
        self._joins.add(join)
        join.add_done_callback(self._joins.discard)

    async def _join(self, session: str, key: str, payload: Mapping[str, Any]) -> None:
        body = {
            "data": [payload["steps"], payload["seconds"], payload["hash_mib"]],
            "fn_index": self._function,
            "session_hash": session,
        }
        async with self._http.post("/gradio_api/queue/join", json=body) as answer:
            joined = decode(await answer.read())
        if "event_id" not in joined:
            self._board.failed(f"gradio: {joined}", key)
            return
        self._board.acknowledged(key)
        self._keys[joined["event_id"]] = key
        for message in self._early.pop(joined["event_id"], ()):
            note_gradio(message, self._keys, self._board)
        if session not in self._streams or self._streams[session].done():
            self._streams[session] = asyncio.create_task(self._listen(session))

    async def _listen(self, session: str) -> None:
        async with self._http.get("/gradio_api/queue/data", params={"session_hash": session}) as stream:
            async for line in stream.content:
                if line.startswith(b"data:"):
                    self._take(decode(line[5:]))

    def _take(self, message: Mapping[str, Any]) -> None:
        event = message.get("event_id")
        if event and event not in self._keys:
            # The stream may be ahead of the answer that names the event.
            self._early.setdefault(event, []).append(message)
        else:
            note_gradio(message, self._keys, self._board)

    async def close(self) -> None:
        for stream in self._streams.values():
            stream.cancel()
        await asyncio.gather(*self._streams.values(), return_exceptions=True)
        await self._http.close()
