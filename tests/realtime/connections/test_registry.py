import asyncio
import threading
from typing import Any

import pytest
from django.conf import settings as project_settings
from django.core.management import call_command
from django.db import OperationalError

from realtime.auth import Identity
from realtime.connections import registry as connections_module
from realtime.connections.registry import Registry
from realtime.connections.rows import revoke
from realtime.models import Connection
from realtime.revocations.table import TABLE
from realtime.revocations.writing import revoke_tokens
from realtime.wire.close_codes import CloseCode
from tests.realtime.connections.making import identity, make, row_of, rows
from tests.realtime.sockets import aside, until

pytestmark = pytest.mark.django_db(transaction=True)


async def test_it_works() -> None:
    registry, connection = Registry(), make()
    registry.add(connection)
    assert registry.open == {connection.id: connection}
    await registry.write()
    row = await row_of(connection)
    assert (row.user_id, row.tenant_id, row.permissions) == ("alice", "acme", ["a", "b"])
    assert (row.address, row.user_agent, row.server) == ("127.0.0.1", "test/1", project_settings.STREAMER_SERVER_ID)
    assert row.closed_at is None and row.connected_at == connection.connected_at


async def test_rows_are_written_without_being_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections_module, "WRITE_SECONDS", 0.02)
    registry, connection = Registry(), make()
    written = asyncio.Event()
    write = registry.write

    async def noted() -> None:
        await write()
        written.set()

    monkeypatch.setattr(registry, "write", noted)
    registry.add(connection)
    await asyncio.wait_for(written.wait(), 10)
    assert connection.id in await rows()


async def test_who_writes_waits_for_a_write_that_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a process could stop while its last rows are on their way."""
    begun, may_go_on, write = threading.Event(), threading.Event(), connections_module.write_rows

    def slow_at_first(*args: Any) -> Any:
        if not begun.is_set():
            begun.set()
            assert may_go_on.wait(10)
        return write(*args)

    monkeypatch.setattr(connections_module, "write_rows", slow_at_first)
    registry, connection = Registry(), make()
    registry.add(connection)
    going_on = asyncio.create_task(registry.write())
    await asyncio.to_thread(begun.wait, 10)
    asked = asyncio.create_task(registry.write())
    done, _ = await asyncio.wait({asked}, timeout=0.2)
    assert not done
    may_go_on.set()
    await asked
    assert going_on.done() and connection.id in await rows()


async def test_an_end_is_written_with_code_reason_and_counters() -> None:
    registry, connection = Registry(), make()
    registry.add(connection)
    await registry.write()
    connection.messages_in, connection.messages_out = 7, 12
    registry.remove(connection, 4010, "token_expired")
    assert registry.open == {}
    await registry.write()
    row = await row_of(connection)
    assert (row.close_code, row.close_reason, row.messages_in, row.messages_out) == (4010, "token_expired", 7, 12)
    assert row.closed_at == connection.closed_at


async def test_one_that_opens_and_closes_between_two_writes_is_recorded_too() -> None:
    registry, connection = Registry(), make()
    registry.add(connection)
    registry.remove(connection, None, "x" * 100)
    await registry.write()
    row = await row_of(connection)
    assert row.closed_at is not None and row.close_code is None and len(row.close_reason) == 64


async def test_counters_are_written_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections_module, "COUNT_SECONDS", 0.0)
    registry, connection = Registry(), make()
    registry.add(connection)
    await registry.write()
    before = await row_of(connection)
    connection.messages_in = 3
    await registry.write()
    after = await row_of(connection)
    assert after.messages_in == 3 and after.last_seen_at > before.last_seen_at


async def test_what_is_longer_than_its_column_is_cut() -> None:
    registry, connection = Registry(), make(user_agent="x" * 1000)
    registry.add(connection)
    await registry.write()
    assert len((await row_of(connection)).user_agent) == 255


# --- an operator's wish ----------------------------------------------------------------------------------------------


async def test_what_an_operator_wants_ended_is_closed() -> None:
    registry, alice, bob = Registry(), list[Any](), list[Any]()
    registry.add(make(closed=alice))
    registry.add(make("bob", closed=bob))
    await registry.write()
    assert await aside(revoke, Connection.objects.filter(user_id="alice")) == 1
    assert await aside(revoke, Connection.objects.filter(user_id="alice")) == 0
    await registry.write()
    assert alice == [CloseCode.REVOKED] and bob == []


async def test_one_that_has_ended_is_not_ended_again() -> None:
    registry, connection = Registry(), make()
    registry.add(connection)
    registry.remove(connection, 1000, "client")
    await registry.write()
    assert await aside(revoke, Connection.objects.all()) == 0


async def test_the_command_ends_those_of_a_user_or_of_a_tenant(capsys: pytest.CaptureFixture[str]) -> None:
    registry = Registry()
    for user, tenant in (("alice", "acme"), ("bob", "acme"), ("alice", "other")):
        registry.add(make(user, tenant))
    await registry.write()
    await aside(call_command, "streamer_revoke", "--tenant", "acme", "--user", "alice")
    await aside(call_command, "streamer_revoke", "--tenant", "acme")
    said = [line.partition("are void; ")[2] for line in capsys.readouterr().out.splitlines()]
    assert said == ["1 open connection is being ended", "1 open connection is being ended"]


async def test_one_whose_token_was_revoked_during_the_handshake_is_closed() -> None:
    await aside(lambda: revoke_tokens(user_id="alice"))
    await aside(TABLE.refresh)
    registry, alice, bob = Registry(), list[Any](), list[Any]()
    registry.add(make("alice", closed=alice))
    registry.add(make("bob", closed=bob))
    assert alice == [CloseCode.REVOKED] and bob == []


# --- a database that is away -----------------------------------------------------------------------------------------


async def test_no_row_is_lost_while_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = Registry()
    stays, goes, early = make(), make("bob"), make("charlie")
    registry.add(early)
    await registry.write()
    with monkeypatch.context() as away:

        def fail(*_: object) -> None:
            raise OperationalError("away")

        away.setattr(connections_module, "write_rows", fail)
        for connection in (stays, goes):
            registry.add(connection)
            with pytest.raises(OperationalError):
                await registry.write()
        registry.remove(goes, 1000, "client")
        registry.remove(early, 1001, "client")
        with pytest.raises(OperationalError):
            await registry.write()
    await registry.write()
    found = await rows()
    assert set(found) == {stays.id, goes.id, early.id}
    assert found[stays.id].closed_at is None
    assert (found[goes.id].close_code, found[early.id].close_code) == (1000, 1001)


async def test_the_writer_goes_on_after_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections_module, "WRITE_SECONDS", 0.02)
    registry = Registry()
    calls: list[int] = []

    async def flaky() -> None:
        calls.append(1)
        if len(calls) == 1:
            raise OperationalError("away")

    monkeypatch.setattr(registry, "write", flaky)
    registry.add(make())
    await until(lambda: len(calls) >= 3, "it goes on")


def test_a_fresh_token_of_the_same_user_takes_over() -> None:
    connection, told, fresh = make(), list[Identity](), identity()
    connection.on_identity = told.append
    connection.take_identity(fresh)
    assert connection.identity is fresh and told == [fresh]
