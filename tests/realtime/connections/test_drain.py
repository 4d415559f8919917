import asyncio
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from realtime.auth import Identity
from realtime.connections import drain as drain_module
from realtime.connections.drain import SPREAD_MS, Drain, after_ms
from realtime.connections.open_connection import OpenConnection
from realtime.connections.registry import Registry
from realtime.models import Connection, WebProcess
from realtime.wire.close_codes import CloseCode
from tests.realtime.sockets import aside, end_all_tasks

pytestmark = pytest.mark.django_db(transaction=True)


class Server:
    """The server in front: notes when its own handler is called."""

    def __init__(self) -> None:
        self.stopped = asyncio.Event()
        self.calls = 0

    def __call__(self, number: int, frame: Any) -> None:
        self.calls += 1
        self.stopped.set()


@pytest.fixture
def server() -> Iterator[Server]:
    before = signal.getsignal(signal.SIGTERM)
    server = Server()
    signal.signal(signal.SIGTERM, server)
    yield server
    signal.signal(signal.SIGTERM, before)


def add(registry: Registry, *, leaves: bool = True) -> list[CloseCode]:
    """An open connection that goes when it is told to, unless it does not; the codes it was told."""
    told: list[CloseCode] = []

    def close(code: CloseCode) -> None:
        told.append(code)
        if leaves:
            registry.remove(connection, code, code.reason)

    identity = Identity(user_id="alice", tenant_id="acme", permissions=frozenset(), expires_at=2e9)
    connection = OpenConnection(identity=identity, address="", user_agent="", close=close)
    registry.add(connection)
    return told


async def test_it_works(server: Server) -> None:
    registry, drain = Registry(), Drain()
    drain.watch(registry)
    told = [add(registry), add(registry)]
    signal.raise_signal(signal.SIGTERM)
    assert drain.begun and not server.stopped.is_set()
    await asyncio.wait_for(server.stopped.wait(), 10)
    assert told == [[CloseCode.DRAIN], [CloseCode.DRAIN]]
    rows = await aside(lambda: list(Connection.objects.values_list("close_code", "close_reason")))
    assert rows == [(4000, "drain")] * 2
    await end_all_tasks()


async def test_an_answer_over_http_that_is_on_its_way_is_waited_for(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drain_module, "DRAIN_SECONDS", 60.0)
    registry, drain = Registry(), Drain()
    drain.watch(registry)
    with drain.answering():
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(server.stopped.wait(), 0.2)
    await asyncio.wait_for(server.stopped.wait(), 10)
    await end_all_tasks()


async def test_a_client_that_does_not_go_holds_it_up_for_a_while_only(server: Server) -> None:
    registry, drain = Registry(), Drain()
    drain.watch(registry)
    add(registry, leaves=False)
    signal.raise_signal(signal.SIGTERM)
    await asyncio.wait_for(server.stopped.wait(), 10)
    assert len(registry.open) == 1
    # So the sweeper, which closes the row of what was left open, cancels nothing with it.
    assert await aside(WebProcess.objects.filter(drained_at__isnull=False).count) == 1
    await end_all_tasks()


async def test_a_second_order_is_not_waited_for(server: Server) -> None:
    registry, drain = Registry(), Drain()
    drain.watch(registry)
    add(registry, leaves=False)
    signal.raise_signal(signal.SIGTERM)
    assert server.calls == 0
    signal.raise_signal(signal.SIGTERM)
    assert server.calls == 1
    await end_all_tasks()


async def test_a_database_that_is_away_does_not_keep_it(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    registry, drain = Registry(), Drain()

    async def away() -> None:
        raise OSError("away")

    monkeypatch.setattr(registry, "write", away)
    drain.watch(registry)
    signal.raise_signal(signal.SIGTERM)
    await asyncio.wait_for(server.stopped.wait(), 10)
    await end_all_tasks()


async def test_no_signal_is_taken_over_outside_the_main_thread(server: Server) -> None:
    def watch() -> None:
        Drain().watch(Registry())

    await asyncio.to_thread(watch)
    assert signal.getsignal(signal.SIGTERM) is server


def test_clients_come_back_spread_over_a_while() -> None:
    waits = {after_ms(CloseCode.DRAIN) for _ in range(500)}
    assert len(waits) > 100 and min(waits) > 0 and max(waits) < SPREAD_MS
