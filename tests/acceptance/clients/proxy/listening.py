"""The port of the proxy, and the connections on it."""

import asyncio
from collections import Counter
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.acceptance.clients.proxy.frames import FrameCounter
from tests.acceptance.clients.proxy.passing import Cut, pass_http, pass_websocket, read_head, refuse_upgrade
from tests.acceptance.clients.proxy.treatment import Head, Plan, Treatment, always

_LAST_TURNS = 5


class Proxy:
    """Listens on a free port of this machine. ``plan`` may be replaced at any time, and so may ``target``."""

    def __init__(self, http_url: str, plan: Plan | None = None) -> None:
        self.target = http_url
        self.plan: Plan = plan or always(Treatment())
        self.opened: Counter[str] = Counter()
        """The number of connections so far: ``websocket``, ``stream`` (of events) and ``http``."""
        self.cuts = 0
        self._up: list[FrameCounter] = []
        self._down: list[FrameCounter] = []
        self._running: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._is_over = False

    @property
    def url(self) -> str:
        if self._server is None:
            raise RuntimeError("the proxy is not listening")
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"http://{host}:{port}"

    @property
    def messages_up(self) -> int:
        """Return how many messages clients have sent over WebSockets."""
        return sum(counter.count for counter in self._up)

    @property
    def messages_down(self) -> int:
        return sum(counter.count for counter in self._down)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        self._is_over = True
        await self.cut_all()
        # One that was accepted a moment ago begins in a later turn of the loop, and transports that were aborted are
        # closed in the next one. These may be the last.
        for _ in range(_LAST_TURNS):
            await asyncio.sleep(0)

    async def cut_all(self) -> None:
        """Cut every connection that is open now."""
        running = [task for task in self._running if task is not asyncio.current_task()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    # --- one connection ------------------------------------------------------------------------------------------

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_over:
            writer.transport.abort()
            return
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        # So that ``drain`` waits until the kernel has everything: an abort throws away what is left here.
        writer.transport.set_write_buffer_limits(0)
        try:
            await self._serve(reader, writer)
        except Cut:
            self.cuts += 1
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # either side has gone, or the test cuts
        finally:
            self._running.discard(task)
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        text, head = await read_head(reader)
        treatment = self._choose(head)
        if treatment.refuses:
            raise Cut
        if treatment.stalls:
            await reader.read()
            return
        if head.is_websocket and treatment.upgrade_status is not None:
            await refuse_upgrade((reader, writer), treatment.upgrade_status)
            return
        target = urlsplit(self.target)
        up_reader, up_writer = await asyncio.open_connection(target.hostname, target.port)
        up_writer.transport.set_write_buffer_limits(0)
        try:
            ends = (reader, writer), (up_reader, up_writer)
            if head.is_websocket:
                await pass_websocket(text, *ends, treatment, self._count(self._up), self._count(self._down))
            else:
                await pass_http(text, *ends, treatment)
        finally:
            up_writer.transport.abort()

    @staticmethod
    def _count(counters: list[FrameCounter]) -> FrameCounter:
        counters.append(FrameCounter())
        return counters[-1]

    def _choose(self, head: Head) -> Treatment:
        kind = "websocket" if head.is_websocket else "http"
        number = self.opened[kind]
        self.opened[kind] += 1
        self.opened["stream"] += head.wants_stream
        return self.plan(number, head)
