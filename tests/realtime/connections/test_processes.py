"""Web processes show that they live; connections do not. What a dead process held is closed by the sweeper."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as project_settings
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from jobs.models import AsyncRequest
from realtime.connections import processes
from realtime.connections import registry as registry_module
from realtime.connections.processes import BEAT_SECONDS, SILENCE, beat, end, is_held, note_drain, with_process
from realtime.connections.registry import Registry
from realtime.connections.sweep_rules import (
    SWEEP_RULES,
    cancel_on_lost_connections,
    close_dead_connections,
    delete_old_connections,
    delete_old_processes,
    delete_old_revocations,
    delete_spent_tokens,
    end_silent_processes,
)
from realtime.limits.refusals import Refusals
from realtime.models import Connection, WebProcess
from tests.jobs.building import make_submission, store
from tests.realtime.connections.making import make
from tests.realtime.sockets import aside

pytestmark = pytest.mark.django_db(transaction=True)

OWN = {"tenant_id": "acme", "user_id": "alice"}


def long_ago() -> datetime:
    return timezone.now() - SILENCE - timedelta(seconds=1)


def connection(server: str, **fields: Any) -> Connection:
    """Make an open connection whose row was written long ago, as that of an idle one."""
    return Connection.objects.create(**{**OWN, "server": server, "last_seen_at": long_ago(), **fields})


def process(name: str, **fields: Any) -> WebProcess:
    return WebProcess.objects.create(id=name, **fields)


def own_process() -> WebProcess:
    return WebProcess.objects.get(id=project_settings.STREAMER_SERVER_ID)


def test_a_heartbeat_tells_what_was_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    refusals = Refusals()
    monkeypatch.setattr(processes, "REFUSALS", refusals)
    beat(timezone.now(), 0)
    refusals.count("submits", "user", "acme")
    beat(timezone.now(), 0)
    assert own_process().refused == {"submits.user": 1}


def test_a_heartbeat_makes_the_row_and_then_keeps_it() -> None:
    started = timezone.now()
    assert not beat(started, 3)
    first = own_process()
    assert (first.started_at, first.connections, first.ended_at) == (started, 3, None)
    with CaptureQueriesContext(database) as queries:
        assert beat(started, 5)
    assert len(queries) == 1
    assert own_process().last_seen_at > first.last_seen_at and own_process().connections == 5


def test_a_process_that_stops_says_so() -> None:
    beat(timezone.now(), 3)
    end(1)
    row = own_process()
    assert row.ended_at is not None and row.connections == 1
    assert SILENCE.total_seconds() > BEAT_SECONDS * 3


def test_the_sweeper_ends_a_silent_process_and_closes_what_it_held() -> None:
    process("dead", last_seen_at=long_ago())
    process("alive")
    process("stopped", ended_at=timezone.now())
    rows = {name: connection(name) for name in ("dead", "alive", "stopped", "of no known process")}
    now = timezone.now()
    assert end_silent_processes(now) == 1 and end_silent_processes(now) == 0
    assert close_dead_connections(now) == 3 and close_dead_connections(now) == 0
    for row in rows.values():
        row.refresh_from_db()
    seen = WebProcess.objects.get(id="dead").last_seen_at
    assert rows["alive"].closed_at is None
    assert rows["dead"].closed_at == seen and rows["dead"].close_reason == "server_lost"
    assert rows["of no known process"].closed_at == rows["of no known process"].last_seen_at


def request_of(connection_id: uuid.UUID | None, *, created_at: datetime | None = None, ends: bool = True) -> uuid.UUID:
    """Store a request that came over the connection, long ago unless told otherwise."""
    request_id = store(make_submission(connection_id=connection_id, cancel_on_disconnect=ends))
    AsyncRequest.objects.filter(id=request_id).update(created_at=created_at or long_ago())
    return request_id


def test_the_sweeper_cancels_what_ends_with_a_lost_connection_and_nothing_else() -> None:
    process("dead", last_seen_at=long_ago())
    process("drained", last_seen_at=long_ago(), ended_at=long_ago(), drained_at=long_ago())
    process("alive")
    lost = connection("dead")
    goes = {
        "waiting": request_of(lost.id),
        "running": request_of(lost.id),
        "closed by the sweeper": request_of(connection("dead", closed_at=long_ago(), close_reason="server_lost").id),
        "never written": request_of(uuid.uuid4()),
    }
    AsyncRequest.objects.filter(id=goes["running"]).update(status="processing", attempt=1)
    stays = [
        request_of(lost.id, ends=False),
        request_of(connection("alive").id),
        request_of(connection("drained").id),
        request_of(connection("drained", closed_at=long_ago(), close_reason="server_lost").id),
        request_of(connection("gone", closed_at=long_ago(), close_reason="token_expired").id),
        request_of(uuid.uuid4(), created_at=timezone.now()),
        request_of(uuid.uuid4(), created_at=timezone.now() - timedelta(days=30)),
        request_of(None, ends=False),
    ]
    now = timezone.now()
    assert cancel_on_lost_connections(now) == len(goes) and cancel_on_lost_connections(now) == 0
    rows = AsyncRequest.objects.in_bulk()
    assert {name: rows[one].status for name, one in goes.items()} == {
        **dict.fromkeys(goes, "cancelled"),
        "running": "processing",
    }
    assert rows[goes["running"]].cancel_requested_at is not None
    assert {rows[one].status for one in stays} == {"pending"}
    assert not any(rows[one].cancel_requested_at for one in stays)


def test_a_drain_is_noted_also_before_the_first_heartbeat() -> None:
    note_drain(timezone.now(), 1)
    assert own_process().drained_at is not None and own_process().ended_at is None
    beat(timezone.now(), 1)
    assert own_process().drained_at is not None


def test_a_connection_that_is_newer_than_the_row_of_its_process_is_left_alone() -> None:
    row = connection("starting", last_seen_at=timezone.now())
    assert close_dead_connections(timezone.now()) == 0
    assert is_held(with_process(Connection.objects.all()).get(id=row.id))


def test_a_connection_is_held_as_long_as_its_process_lives() -> None:
    process("alive")
    process("dead", last_seen_at=long_ago())
    for name in ("alive", "dead", "unknown"):
        connection(name)
    connection("alive", user_id="closed", closed_at=timezone.now())
    held = {(row.server, row.user_id) for row in with_process(Connection.objects.all()) if is_held(row)}
    assert held == {("alive", "alice")}


def test_what_is_over_is_deleted_when_its_time_is_over(settings: Settings) -> None:
    now, kept = timezone.now(), timedelta(days=settings.STREAMER_RETENTION_DAYS)
    connection("gone", closed_at=now - kept - timedelta(seconds=1))
    stays = [connection("gone", closed_at=now - kept + timedelta(minutes=1))]
    stays.append(connection("gone", connected_at=now - 2 * kept))
    process("old", ended_at=now - kept - timedelta(seconds=1))
    process("ended", ended_at=now)
    process("alive", started_at=now - 2 * kept)
    assert delete_old_connections(now) == 1 and delete_old_connections(now) == 0
    assert delete_old_processes(now) == 1 and delete_old_processes(now) == 0
    assert set(Connection.objects.all()) == set(stays)
    assert set(WebProcess.objects.values_list("id", flat=True)) == {"ended", "alive"}
    assert [rule.sweep for rule in SWEEP_RULES] == [
        end_silent_processes,
        cancel_on_lost_connections,
        close_dead_connections,
        delete_old_connections,
        delete_spent_tokens,
        delete_old_revocations,
        delete_old_processes,
    ]


# --- the registry ----------------------------------------------------------------------------------------------------


async def test_a_process_that_was_only_frozen_shows_its_connections_as_open_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(registry_module, "BEAT_SECONDS", 0.0)
    registry, stays, goes = Registry(), make(), make("bob")
    registry.add(stays)
    registry.add(goes)
    await registry.write()
    later = timezone.now() + 2 * SILENCE
    assert await aside(end_silent_processes, later) == 1 and await aside(close_dead_connections, later) == 2
    registry.remove(goes, 1000, "client")
    await registry.write()
    rows = {row.id: row for row in await aside(lambda: list(Connection.objects.all()))}
    assert rows[stays.id].closed_at is None and rows[stays.id].close_reason == ""
    assert rows[goes.id].close_code == 1000
    assert (await aside(own_process)).ended_at is None


async def test_idle_connections_are_not_written_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry_module, "COUNT_SECONDS", 0.0)
    monkeypatch.setattr(registry_module, "BEAT_SECONDS", 0.0)
    registry, idle, busy = Registry(), make(), make("bob")
    for item in (idle, busy):
        registry.add(item)
    await registry.write()
    before = {row.id: row.last_seen_at for row in await aside(lambda: list(Connection.objects.all()))}
    busy.messages_in = 1
    await registry.write()
    after = {row.id: row.last_seen_at for row in await aside(lambda: list(Connection.objects.all()))}
    assert after[idle.id] == before[idle.id] and after[busy.id] > before[busy.id]
    assert (await aside(own_process)).connections == 2


def test_many_rows_are_written_by_few_statements() -> None:
    items = [make(f"user{number}") for number in range(200)]
    with CaptureQueriesContext(database) as queries:
        registry_module.write_rows(items, [])
    for item in items:
        item.closed_at = timezone.now()
    with CaptureQueriesContext(database) as more:
        registry_module.write_rows([*items, *items], [])
    assert Connection.objects.exclude(closed_at=None).count() == 200
    # SQLite takes some sixty rows of this width in one statement; PostgreSQL takes them all.
    assert len(queries) <= 10 and len(more) <= 10


def test_thousands_of_users_may_come_in_one_second(settings: Settings) -> None:
    settings.STREAMER_MAX_CONNECTIONS_PER_USER = 1
    tenants = [f"tenant{number % 700}" for number in range(1_500)]
    items = [make(f"user{number}", tenant) for number, tenant in enumerate(tenants)]
    crowd = make("user7", "tenant7")
    assert registry_module.write_rows([*items, crowd], [*items, crowd]) == {("tenant7", "user7"): 1}
    assert Connection.objects.count() == 1_501


async def test_the_end_of_a_process_is_written_with_what_it_leaves_open() -> None:
    registry = Registry()
    registry.add(make())
    await registry.end()
    row = await aside(own_process)
    assert row.ended_at is not None and row.connections == 1
    await registry.write()
    assert (await aside(own_process)).ended_at is not None, "a late write must not bring it back"
