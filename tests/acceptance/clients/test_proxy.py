"""The proxy of these tests does what it is told, and nothing else, to a service that is written here."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx
import pytest
import websockets
from websockets.asyncio.server import ServerConnection, serve

from tests.acceptance.clients.proxy import Proxy, Treatment, always, first
from tests.acceptance.clients.proxy.frames import FrameCounter

TEXTS = ["", "a", "b" * 125, "c" * 126, "d" * 70_000, "e"]


@pytest.fixture
async def sockets() -> AsyncIterator[str]:
    """Run a server that sends some messages to whoever comes, with pings between them."""

    async def speak(socket: ServerConnection) -> None:
        for text in TEXTS:
            await socket.ping()
            await socket.send(text)
        await socket.wait_closed()

    async with serve(speak, "127.0.0.1", 0) as server:
        host, port = next(iter(server.sockets)).getsockname()[:2]
        yield f"http://{host}:{port}"


@pytest.fixture
async def pages() -> AsyncIterator[str]:
    """Run a server that answers each GET with a hundred bytes, or with a stream that ends after a moment."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        kind = b"text/event-stream" if b"text/event-stream" in head else b"text/plain"
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nContent-Length: 100\r\n\r\n" % kind)
        with suppress(ConnectionError):
            for _ in range(10):
                writer.write(b"x" * 10)
                await writer.drain()
                await asyncio.sleep(0.01)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    # A task that the server makes itself may outlive the test.
    running = set[asyncio.Task[None]]()
    server = await asyncio.start_server(
        lambda reader, writer: running.add(asyncio.create_task(answer(reader, writer))), "127.0.0.1", 0
    )
    host, port = server.sockets[0].getsockname()[:2]
    yield f"http://{host}:{port}"
    server.close()
    await asyncio.gather(*running)


async def received(url: str) -> list[str]:
    """Read messages until the connection is cut, or all have come."""
    texts: list[str] = []
    async with websockets.connect(url.replace("http", "ws"), proxy=None) as socket:
        try:
            while len(texts) < len(TEXTS):
                texts.append(str(await socket.recv()))
        except websockets.ConnectionClosedError:
            pass
    return texts


async def test_it_works(sockets: str, pages: str) -> None:
    async with Proxy(sockets) as proxy:
        assert await received(proxy.url) == TEXTS
    async with Proxy(pages) as proxy, httpx.AsyncClient(trust_env=False) as http:
        assert (await http.get(proxy.url)).text == "x" * 100
    assert proxy.cuts == 0


@pytest.mark.parametrize("most", range(len(TEXTS)))
async def test_a_websocket_is_cut_after_so_many_messages(sockets: str, most: int) -> None:
    async with Proxy(sockets, first(Treatment(cut_after_frames=most))) as proxy:
        assert await received(proxy.url) == TEXTS[:most]
        assert await received(proxy.url) == TEXTS
    assert proxy.cuts == 1


@pytest.mark.parametrize("piece_bytes", [1, 2, 3, 1000])
def test_messages_are_counted_however_their_bytes_come(piece_bytes: int) -> None:
    ping, text = b"\x89\x00", b"\x81\x7e\x00\xc8" + b"t" * 200
    part, rest = b"\x01\x02pa", b"\x80\x02rt"
    data = ping + text + part + ping + rest + b"\x81\x00" + text
    whole = len(data) - len(text)
    counter = FrameCounter()
    pieces = [data[start : start + piece_bytes] for start in range(0, len(data), piece_bytes)]
    assert sum(counter.feed(piece, 3) for piece in pieces) == whole
    assert counter.count == 3


async def test_an_answer_is_cut_after_so_many_bytes(pages: str) -> None:
    async with Proxy(pages, always(Treatment(cut_after_bytes=30))) as proxy, httpx.AsyncClient(trust_env=False) as http:
        with pytest.raises(httpx.RemoteProtocolError):
            await http.get(proxy.url)
        assert proxy.cuts == 1


async def test_a_websocket_is_refused_and_http_passes(sockets: str, pages: str) -> None:
    async with Proxy(pages, always(Treatment(upgrade_status=502))) as proxy:
        with pytest.raises(websockets.InvalidStatus):
            await received(proxy.url)
        async with httpx.AsyncClient(trust_env=False) as http:
            assert (await http.get(proxy.url)).status_code == 200


@pytest.mark.parametrize(
    ("treatment", "pieces"), [(Treatment(), 10), (Treatment(holds_streams=True), 1), (Treatment(cuts_streams=True), 0)]
)
async def test_a_stream_is_passed_held_or_cut(pages: str, treatment: Treatment, pieces: int) -> None:
    came: list[bytes] = []
    async with Proxy(pages, always(treatment)) as proxy, httpx.AsyncClient(trust_env=False) as http:
        try:
            async with http.stream("GET", proxy.url, headers={"Accept": "text/event-stream"}) as answer:
                came += [piece async for piece in answer.aiter_raw()]
        except httpx.RemoteProtocolError:
            assert treatment.cuts_streams
        assert proxy.opened["stream"] == 1
    assert (len(came) > 1) == (pieces > 1) and bool(came) == bool(pieces)


async def test_one_that_stalls_says_nothing(pages: str) -> None:
    stalling = always(Treatment(stalls=True))
    patience = httpx.Timeout(20, read=0.2)
    async with Proxy(pages, stalling) as proxy, httpx.AsyncClient(trust_env=False, timeout=patience) as http:
        with pytest.raises(httpx.ReadTimeout):
            await http.get(proxy.url)


async def test_all_are_cut_at_once(sockets: str) -> None:
    async with Proxy(sockets) as proxy, websockets.connect(proxy.url.replace("http", "ws"), proxy=None) as socket:
        await socket.recv()
        await proxy.cut_all()
        with pytest.raises(websockets.ConnectionClosedError):
            async with asyncio.timeout(5):
                while True:
                    await socket.recv()
