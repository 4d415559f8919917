"""An HTTP server that answers as a test tells it, over real sockets."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

Body = bytes | AsyncIterator[bytes]


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Response:
    status: int = 200
    body: Body = b""
    headers: Mapping[str, str] = field(default_factory=dict)


Answer = Callable[[Request], Awaitable[Response]]


def as_json(body: Any, status: int = 200, **headers: str) -> Response:
    return Response(status, json.dumps(body).encode(), {"Content-Type": "application/json", **headers})


def as_events(*events: Any, end: asyncio.Event | None = None) -> Response:
    """Return a stream: of messages, and of texts as they are. It ends at once, or with ``end``."""

    async def body() -> AsyncIterator[bytes]:
        yield b"retry: 10\n\n"
        for event in events:
            yield (event if isinstance(event, str) else message(event)).encode()
        if end is not None:
            await end.wait()

    return Response(200, body(), {"Content-Type": "text/event-stream; charset=utf-8"})


def message(event: Mapping[str, Any]) -> str:
    number = f"id: {event['seq']}\n" if "seq" in event else ""
    return f"{number}data: {json.dumps(event)}\n\n"


class HttpServer:
    def __init__(self, answer: Answer) -> None:
        self.url = ""
        self.requests: list[Request] = []
        self._answer = answer
        self._serving: set[asyncio.Task[None]] = set()

    def paths(self, method: str, path: str) -> list[Request]:
        return [one for one in self.requests if (one.method, one.path) == (method, path)]

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._serving.add(asyncio.create_task(self._serve(reader, writer)))

    async def close(self) -> None:
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                request = await _read(reader)
                self.requests.append(request)
                await _write(writer, await self._answer(request))
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


@asynccontextmanager
async def serving(answer: Answer) -> AsyncIterator[HttpServer]:
    server = HttpServer(answer)
    async with await asyncio.start_server(server.accept, "127.0.0.1", 0) as listening:
        server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        yield server
        listening.close()
        await asyncio.sleep(0.01)  # for connections that are being accepted, so that they are closed as well
        await server.close()


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    url = urlsplit(target)
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    if headers.get("transfer-encoding") == "chunked":
        body = await _read_chunks(reader)
    else:
        body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(method, url.path, query, headers, body)


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int(await reader.readline(), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readline()
    return body


async def _write(writer: asyncio.StreamWriter, response: Response) -> None:
    headers = {"Connection": "close", **response.headers}
    if isinstance(response.body, bytes):
        headers.setdefault("Content-Length", str(len(response.body)))
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"HTTP/1.1 {response.status} Whatever\r\n{lines}\r\n".encode())
    if isinstance(response.body, bytes):
        writer.write(response.body)
    else:
        async for data in response.body:
            writer.write(data)
            await writer.drain()
    await writer.drain()
