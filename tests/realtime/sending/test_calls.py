"""Messages reach the sockets that are meant, once, and callers learn how many were told."""

import asyncio
import threading
import uuid
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
import redis
from channels.layers import get_channel_layer
from django.conf import settings as project_settings
from django.core.exceptions import SynchronousOnlyOperation
from django.utils import timezone

from jobs.circuit import circuit_states
from realtime import sending
from realtime.connections import registry as registry_module
from realtime.connections.orders import receiver
from realtime.connections.process_groups import new_connection_id
from realtime.models import Connection
from realtime.sending import CloseCode, Report, publishing
from realtime.shared import registry
from tests.realtime.sending.conftest import OpenKnown, write_rows
from tests.realtime.sockets import Socket, aside, until

pytestmark = pytest.mark.django_db(transaction=True)
TOLD = Report(accepted=1, processes=1)


async def hear_data(*sockets: Socket) -> list[Any]:
    return [(await socket.hear("message"))["data"] for socket in sockets]


async def test_it_works(open_known: OpenKnown) -> None:
    connection_id, socket = await open_known()
    assert await aside(sending.send, connection_id, {"text": "héllo"}) == TOLD
    message = await socket.hear("message")
    assert message["data"] == {"text": "héllo"} and message.keys() == {"type", "timestamp", "data"}
    assert await sending.asend(str(connection_id), [1, None]) == TOLD
    assert await hear_data(socket) == [[1, None]]
    assert registry().open[connection_id].messages_out == 3  # with the welcome


async def test_each_call_reaches_its_connections_and_no_others(open_known: OpenKnown) -> None:
    _, alice = await open_known(user="alice")
    _, tablet = await open_known(user="alice", permissions=("reports.read",))
    _, bob = await open_known(user="bob", permissions=("reports.read",))
    _, charlie = await open_known(user="alice", tenant="other", permissions=())
    await write_rows()
    process = project_settings.STREAMER_SERVER_ID
    calls: Sequence[tuple[Any, set[Socket]]] = [
        (sending.asend_to_user("acme", "alice", 1), {alice, tablet}),
        (sending.asend_to_tenant("acme", 1), {alice, tablet, bob}),
        (sending.abroadcast(1), {alice, tablet, bob, charlie}),
        (sending.abroadcast(1, permission="reports.read"), {alice, tablet, bob}),
        (sending.abroadcast(1, permission="reports.write"), {alice}),
        (sending.abroadcast(1, user_id="alice", permission="reports.read"), {alice, tablet}),
        (sending.abroadcast(1, user_id="alice"), {alice, tablet, charlie}),
        (sending.abroadcast(1, process=process, tenant_id="other"), {charlie}),
        (sending.abroadcast(1, process="elsewhere"), set()),
        (sending.asend_to_user("other", "bob", 1), set()),
    ]
    for call, meant in calls:
        report = await call
        assert report.accepted == len(meant)
        assert report.status == ("accepted" if meant else "no_such_connection")
        await hear_data(*meant)
    for socket in (alice, tablet, bob, charlie):
        assert (await socket.ask(type="ping"))["type"] == "pong"  # and nothing else came before


async def test_one_that_opened_a_moment_ago_is_told_too(open_known: OpenKnown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry_module, "WRITE_SECONDS", 3600.0)
    connection_id, socket = await open_known()
    assert not await aside(Connection.objects.exists)
    assert await sending.asend(connection_id, 1) == TOLD
    await sending.asend_to_user("acme", "alice", 2)
    assert await hear_data(socket, socket) == [1, 2]


async def test_what_does_not_exist_gets_no_message(open_known: OpenKnown) -> None:
    connection_id, socket = await open_known()
    assert (await sending.asend(uuid.uuid4(), 1)).status == "no_such_connection"
    await write_rows()
    await socket.leave()
    await write_rows()
    assert (await sending.asend(connection_id, 1)).status == "no_such_connection"


async def test_the_connections_of_a_killed_process_do_not_count(open_known: OpenKnown) -> None:
    await open_known()
    await write_rows()
    lost = {"tenant_id": "acme", "user_id": "alice", "server": "killed-1", "last_seen_at": timezone.now()}
    row = await aside(Connection.objects.create, **lost)
    assert (await sending.asend_to_user("acme", "alice", 1)).accepted == 1
    assert (await sending.asend(row.id, 1)).status == "no_such_connection"
    assert (await sending.abroadcast(1, process="killed-1")).status == "no_such_connection"


async def test_a_close_comes_with_a_goodbye(open_known: OpenKnown) -> None:
    connection_id, alice = await open_known()
    _, bob = await open_known(user="bob")
    assert await aside(sending.disconnect, connection_id) == TOLD
    goodbye = await alice.hear_goodbye()
    assert (goodbye["code"], goodbye["reconnect"]) == (4501, False)
    await write_rows()
    report = await sending.adisconnect(tenant_id="acme", user_id="bob", code=CloseCode.DRAIN)
    assert report.accepted == 1 and (await bob.hear_goodbye())["code"] == 4000


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: sending.disconnect(), "Name a connection, or filters"),
        (lambda: sending.disconnect(uuid.uuid4(), user_id="alice"), "not both"),
        (lambda: sending.disconnect(user_id="alice", code=1000), "1000 is no close code of Streamer; there are: 4000"),
        (lambda: sending.send("nonsense", 1), "UUID, not 'nonsense'"),
        (lambda: sending.send(None, 1), "UUID, not None"),  # type: ignore[arg-type]
        (lambda: sending.send_to_tenant("", 1), "tenant_id is a text"),
        (lambda: sending.send_to_tenant(None, 1), "tenant_id is a text, not None"),  # type: ignore[arg-type]
        (lambda: sending.send_to_user(None, "alice", 1), "tenant_id is a text"),  # type: ignore[arg-type]
        (lambda: sending.broadcast(1, user_id=None), "left out selects all"),  # type: ignore[arg-type]
        (lambda: sending.send_to_user("acme", 7, 1), "user_id is a text, not 7"),  # type: ignore[arg-type]
        (lambda: sending.broadcast(1, permission="\x00"), "permission is a text"),
    ],
)
def test_nonsense_is_refused(call: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        call()


async def test_a_message_that_was_published_twice_comes_once(
    open_known: OpenKnown, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A try may time out after Redis has taken the message."""
    connection_id, socket = await open_known()
    publish, tries = publishing._publish_now, []

    def publish_and_fail(group: str, order: Any) -> int:
        tries.append(publish(group, order))
        if len(tries) == 1:
            raise redis.TimeoutError("no answer")
        return tries[-1]

    monkeypatch.setattr(publishing, "_publish_now", publish_and_fail)
    monkeypatch.setattr(publishing, "FIRST_PAUSE_SECONDS", 0.0)
    assert await sending.asend(connection_id, "once") == TOLD
    assert tries == [1, 1] and await hear_data(socket) == ["once"]
    assert (await socket.ask(type="ping"))["type"] == "pong"


async def test_a_socket_that_takes_nothing_holds_nobody_up(open_known: OpenKnown) -> None:
    connection_id, _ = await open_known(user="slow")
    _, quick = await open_known(user="quick")
    connection = registry().open[connection_id]
    never = asyncio.Event()

    async def stall(text: str) -> None:
        await never.wait()

    connection.outbox._send = stall  # type: ignore[union-attr]
    for number in range(3):
        await sending.asend_to_tenant("acme", number)
    assert await hear_data(quick, quick, quick) == [0, 1, 2]
    assert connection.outbox is not None and connection.outbox.waiting_bytes > 0


async def test_a_thousand_at_once_all_arrive(open_known: OpenKnown) -> None:
    connection_id, socket = await open_known()
    reports = await asyncio.gather(*(sending.asend(connection_id, number) for number in range(1000)))
    assert set(reports) == {TOLD}
    assert sorted([(await socket.hear("message"))["data"] for _ in range(1000)]) == list(range(1000))


async def test_an_order_of_another_release_does_no_harm(
    open_known: OpenKnown, caplog: pytest.LogCaptureFixture
) -> None:
    connection_id, socket = await open_known()
    order = {"type": "connections.order", "id": "1", "to": {"planet": "Mars"}, "text": "{}"}
    await aside(get_channel_layer().group_send_now, "servers", order)
    assert await sending.asend(connection_id, 1) == TOLD
    assert await hear_data(socket) == [1]
    assert "An order for connections could not be carried out" in caplog.text


async def test_what_waits_to_be_handed_over_is_bounded(
    open_known: OpenKnown, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(receiver, "MAX_WAITING_BYTES", 500)
    orders = receiver.Orders({}, lambda owner: (), lambda: None)  # type: ignore[arg-type]
    for number in range(10):
        orders._take({"type": "connections.order", "id": str(number), "to": {}, "text": "x" * 200})
    assert [order["id"] for order in orders._waiting] == ["8", "9"]
    assert "the oldest is dropped" in caplog.text


# --- Redis away -------------------------------------------------------------------------------------------------------


class Away:
    """A channel layer whose server does not answer. It counts its calls."""

    def __init__(self) -> None:
        self.asked = 0

    def groups_send_now(self, messages: Any) -> list[int]:
        self.asked += 1
        raise redis.ConnectionError("away")


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Away:
    layer = Away()
    monkeypatch.setattr(publishing, "get_channel_layer", lambda: layer)
    return layer


def test_without_redis_three_tries_open_the_breaker(away: Away, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(publishing, "time", SimpleNamespace(sleep=pauses.append))
    connection_id = new_connection_id()
    assert sending.send(connection_id, 1).status == "unavailable"
    assert away.asked == 3 and circuit_states()["sending"] == "open"
    assert len(pauses) == 2 and 0.05 <= pauses[0] <= 0.15 and 0.1 <= pauses[1] <= 0.3
    assert sending.broadcast(1).status == "unavailable" and sending.disconnect(connection_id).unavailable
    assert away.asked == 3 and len(pauses) == 2


async def test_many_callers_at_once_do_not_queue_for_a_server_that_is_away(
    away: Away, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "FIRST_PAUSE_SECONDS", 0.01)
    reports = await asyncio.gather(*(sending.asend(new_connection_id(), number) for number in range(200)))
    assert {report.status for report in reports} == {"unavailable"}
    assert 3 <= away.asked <= 8  # each of the threads may have begun a try


async def test_another_channel_layer_is_sent_to_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []

    class Other:
        async def group_send(self, group: str, message: Any) -> None:
            sent.append((group, message["text"]))

    monkeypatch.setattr(publishing, "get_channel_layer", Other)
    assert await aside(sending.send, new_connection_id(), 1) == TOLD
    assert sent[0][0].startswith("server.") and '"data":1' in sent[0][1]
    monkeypatch.setattr(publishing, "get_channel_layer", lambda: None)
    assert (await aside(sending.send, new_connection_id(), 1)).status == "no_such_connection"


async def test_the_loop_stays_free_while_a_call_waits(away: Away, monkeypatch: pytest.MonkeyPatch) -> None:
    held, released = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def hang(group: str, order: Any) -> int:
        loop.call_soon_threadsafe(held.set)
        assert released.wait(10)
        return 1

    monkeypatch.setattr(publishing, "_publish_now", hang)
    call = asyncio.create_task(sending.asend(new_connection_id(), 1))
    await held.wait()  # the loop runs while the publish does not return
    released.set()
    assert await call == TOLD


async def test_a_call_that_would_block_the_loop_is_refused() -> None:
    with pytest.raises(SynchronousOnlyOperation):
        sending.broadcast(1)


async def test_nothing_of_a_closed_socket_stays_in_the_index(open_known: OpenKnown) -> None:
    _, first = await open_known()
    await open_known()
    await first.leave()
    await until(lambda: len(registry().open) == 1, "the first has ended")
    assert [len(found) for found in registry()._by_owner._of.values()] == [1]
