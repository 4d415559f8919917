"""The passage of bytes between the client and the service, under a treatment."""

import asyncio
import re
import sys
from collections.abc import Coroutine
from typing import Any

from tests.acceptance.clients.proxy.frames import FrameCounter
from tests.acceptance.clients.proxy.treatment import Head, Treatment

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]
_CHUNK = 64 * 1024
_END = b"\r\n\r\n"
_CONNECTION = re.compile(rb"\r\nConnection:[^\r]*", re.IGNORECASE)
_LENGTH = re.compile(rb"\r\nContent-Length: *(\d+)", re.IGNORECASE)
_STREAM = "text/event-stream"


class Cut(Exception):
    """The treatment ends the connection here."""


async def read_head(reader: asyncio.StreamReader) -> tuple[bytes, Head]:
    """Read a request up to its body."""
    text = await reader.readuntil(_END)
    method, path, _ = text.split(b"\r\n", 1)[0].decode().split(" ", 2)
    lower = text.decode("latin-1").lower()
    return text, Head(
        method=method,
        path=path,
        is_websocket="\r\nupgrade: websocket" in lower,
        wants_stream=re.search(rf"\r\naccept:[^\r]*{_STREAM}", lower) is not None,
    )


async def pass_websocket(
    head: bytes, client: Ends, service: Ends, treatment: Treatment, up: FrameCounter, down: FrameCounter
) -> None:
    """Pass a conversation on. ``up`` counts what the client says, ``down`` what the service says."""
    service[1].write(head)
    answer = await service[0].readuntil(_END)
    client[1].write(answer)
    await client[1].drain()
    said = _copy_frames(service[0], client[1], down, treatment.cut_after_frames, treatment.delay_seconds)
    await _until_either_ends(said, _copy_frames(client[0], service[1], up))


async def refuse_upgrade(client: Ends, status: int) -> None:
    client[1].write(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
    await client[1].drain()
    client[1].write_eof()
    await client[0].read()


async def pass_http(head: bytes, client: Ends, service: Ends, treatment: Treatment) -> None:
    """Pass one request and its answer on. The connection serves no other, so that each is treated by itself."""
    service[1].write(_CONNECTION.sub(b"", head[: -len(_END)]) + b"\r\nConnection: close" + _END)
    if found := _LENGTH.search(head):
        service[1].write(await client[0].readexactly(int(found[1])))
    await service[1].drain()
    # A client that goes away ends the request, as without a proxy.
    await _until_either_ends(_answer(service[0], client[1], treatment), client[0].read())


async def _until_either_ends(*works: Coroutine[Any, Any, object]) -> None:
    """Do both until one ends. Raises what that one raised."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, treatment: Treatment) -> None:
    head = await reader.readuntil(_END)
    is_stream = _STREAM.encode() in head.lower()
    if is_stream and treatment.holds_streams:
        head += await reader.read(-1)
    writer.write(head)
    await writer.drain()
    if is_stream and treatment.cuts_streams:
        raise Cut
    await _copy(reader, writer, treatment.cut_after_bytes, treatment.delay_seconds)
    writer.write_eof()


async def _copy(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, most: int | None = None, delay_seconds: float = 0.0
) -> None:
    """Copy until the end. Raises ``Cut`` once ``most`` bytes have passed."""
    left = most
    while data := await reader.read(_CHUNK if left is None else min(_CHUNK, left)):
        if delay_seconds:
            await asyncio.sleep(delay_seconds)
        writer.write(data)
        await writer.drain()
        if left is not None:
            left -= len(data)
            if not left:
                raise Cut


async def _copy_frames(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    counter: FrameCounter,
    most: int | None = None,
    delay_seconds: float = 0.0,
) -> None:
    """Copy until the end. Raises ``Cut`` once ``most`` messages have passed."""
    limit = sys.maxsize if most is None else most
    while counter.count < limit and (data := await reader.read(_CHUNK)):
        if delay_seconds:
            await asyncio.sleep(delay_seconds)
        writer.write(data[: counter.feed(data, limit)])
        await writer.drain()
    if counter.count >= limit:
        raise Cut
