"""``streamer_drain``: this host, or one web process, is emptied before it is stopped."""

import asyncio
from collections.abc import Iterator

import pytest
import redis
from django.conf import settings

from jobs.queue import presence
from jobs.queue.control.drains import ordered
from jobs.queue.names import own_queues
from realtime.connections.processes import SILENCE
from realtime.models import WebProcess
from realtime.sending import publishing
from realtime.shared import drain
from realtime.wire.close_codes import CloseCode
from tests.jobs.queue.workers import register
from tests.realtime.management.conftest import run
from tests.realtime.sending.conftest import OpenKnown, write_rows
from tests.realtime.sockets import aside

pytestmark = pytest.mark.django_db(transaction=True)
COMMAND = "streamer_drain"


@pytest.fixture(autouse=True)
def undrained(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the process be as before afterwards, and see the workers of now."""
    monkeypatch.setattr(drain(), "begun", False)
    presence.forget()
    yield


async def test_it_works(open_known: OpenKnown) -> None:
    _, socket = await open_known()
    await write_rows()
    name = settings.STREAMER_SERVER_ID
    ended = await run(COMMAND, "--dry-run")
    assert (ended.status, ended.output) == (0, f"Would drain {name}: 1 socket is still open\n")
    assert not drain().begun
    draining = asyncio.create_task(run(COMMAND, "--wait", "30", "--json"))
    goodbye = await socket.hear_goodbye()
    assert (goodbye["code"], goodbye["reconnect"]) == (CloseCode.DRAIN, True)
    await socket.leave()
    ended = await draining
    assert ended.status == 0 and drain().begun
    assert ended.data == {
        "processes": [{"process": name, "sockets": 0}],
        "workers": [],
        "workers_left": [],
        "dry_run": False,
    }


async def test_another_process_is_not_drained(open_known: OpenKnown) -> None:
    await open_known()
    await write_rows()
    other = WebProcess(id="elsewhere-12345678", started_at=presence.timezone.now(), connections=3)
    await aside(other.save)
    ended = await run(COMMAND, "--process", other.id)
    assert ended.status == 0 and other.id in ended.output and not drain().begun
    assert (await run(COMMAND, "--process", other.id, "--wait", "0")).status == 0, "none of its sockets is open"
    ended = await run(COMMAND, "--process", "nope")
    assert ended.status == 1 and "no web process 'nope'" in ended.fault


async def test_workers_of_this_host_are_drained_with_it() -> None:
    name = f"{presence.host_name()}/1"
    await aside(lambda: register(name, own_queues()))
    await aside(lambda: register("elsewhere/1", own_queues()))
    ended = await run(COMMAND, "--web")
    assert ended.status == 0 and "nothing to drain" in ended.output and not await aside(lambda: ordered([name]))
    ended = await run(COMMAND, "--wait", "0", "--json")
    assert ended.status == 1 and ended.data["workers"] == ended.data["workers_left"] == [name]
    assert await aside(lambda: ordered([name, "elsewhere/1"])) == {name}
    assert "still there" in (await run(COMMAND)).output


async def test_a_dead_process_holds_no_socket(open_known: OpenKnown) -> None:
    await open_known()
    await write_rows()
    await aside(lambda: WebProcess.objects.update(last_seen_at=presence.timezone.now() - 2 * SILENCE))
    assert "nothing to drain" in (await run(COMMAND)).output


async def test_without_redis_nothing_is_drained(open_known: OpenKnown, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(group: str, order: object) -> int:
        raise redis.ConnectionError("away")

    await open_known()
    await write_rows()
    monkeypatch.setattr(publishing, "_publish_now", away)
    monkeypatch.setattr(publishing, "TRIES", 1)
    try:
        ended = await run(COMMAND, "--web")
    finally:
        publishing.breaker.close()
    assert ended.status == 2 and "Redis does not answer" in ended.fault and not drain().begun
