"""A cached result as a client gets it: on its socket, in its feed, over HTTP."""

from pathlib import Path

import pytest
from django.conf import settings as project_settings
from django.test import AsyncClient
from pytest_django import Settings

from jobs.models import AsyncRequest
from jobs.queue.wakeups import waiting_rings
from tests.conftest import MakeToken
from tests.jobs.building import run_next
from tests.realtime.conftest import OpenSocket
from tests.realtime.sockets import Message, Socket, aside, submit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def own_storage(settings: Settings, tmp_path: Path) -> None:
    backend = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**project_settings.STORAGES, "default": backend}


async def computed(socket: Socket) -> Message:
    """Run a request, and return its final message."""
    await submit(socket, "zoo_kept")
    await aside(run_next)
    return (await socket.hear_until("complete"))[-1]


async def test_it_works(open_socket: OpenSocket) -> None:
    socket = await open_socket()
    first = await computed(socket)
    rings = await aside(waiting_rings, "default")
    acknowledgment = await submit(socket, "zoo_kept", id="again", payload={"text": "hello"})
    final = await socket.hear("complete")
    assert (acknowledgment["position"], acknowledgment["duplicate"]) == (0, False)
    assert final["request_id"] == acknowledgment["request_id"] != first["request_id"]
    assert (final["id"], final["seq"], final["final"], final["cached"]) == ("again", 1, True, True)
    assert final["cached_from"] == first["request_id"] and final["result"] == first["result"]
    assert await aside(waiting_rings, "default") == rings
    state = await socket.ask(type="status", request_id=final["request_id"])
    assert (state["status"], state["cached_from"]) == ("completed", first["request_id"])
    assert await socket.is_silent()


async def test_who_says_so_has_it_done_anew(open_socket: OpenSocket) -> None:
    socket = await open_socket()
    await computed(socket)
    await submit(socket, "zoo_kept", cache=False)
    await aside(run_next)
    final = (await socket.hear_until("complete"))[-1]
    assert final["seq"] > 1 and "cached" not in final
    await submit(socket, "zoo_kept")
    assert (await socket.hear("complete"))["cached_from"] == final["request_id"]


async def test_in_a_batch_each_is_what_it_is(open_socket: OpenSocket) -> None:
    socket = await open_socket()
    await computed(socket)
    batch = [{"action": "zoo_kept", "id": "known"}, {"action": "zoo_kept", "id": "anew", "cache": False}]
    await socket.say(type="requests", requests=[*batch, {"action": "echo_async", "id": "other"}])
    heard = [await socket.hear() for _ in range(4)]
    acknowledged = [message["id"] for message in heard if message["type"] == "acknowledgment"]
    assert acknowledged == ["known", "anew", "other"]
    (final,) = [message for message in heard if message["type"] == "complete"]
    assert (final["id"], final["cached"]) == ("known", True)


async def test_nobody_elses_result_is_given(open_socket: OpenSocket) -> None:
    await computed(await open_socket())
    for other in ({"user": "bob"}, {"user": "alice", "tenant": "other"}):
        socket = await open_socket(**other)
        assert (await submit(socket, "zoo_kept"))["position"] > 0
    assert await aside(AsyncRequest.objects.filter(cached_from__isnull=False).count) == 0


async def test_the_feed_tells_of_it(open_socket: OpenSocket) -> None:
    socket, watcher = await open_socket(), await open_socket()
    first = await computed(socket)
    await watcher.ask(type="subscribe", topic="requests")
    acknowledgment = await submit(socket, "zoo_kept")
    told = (await watcher.hear("message"))["request"]
    assert (told["request_id"], told["status"]) == (acknowledgment["request_id"], "completed")
    assert told["cached_from"] == first["request_id"]


async def test_its_files_are_listed_and_fetched_by_their_user(open_socket: OpenSocket, make_token: MakeToken) -> None:
    socket = await open_socket()
    await computed(socket)
    await submit(socket, "zoo_kept")
    final = await socket.hear("complete")
    client = AsyncClient()
    mine = {"authorization": f"Bearer {make_token('alice')}"}
    detail = (await client.get(f"/api/requests/{final['request_id']}/", headers=mine)).json()
    assert detail["artifacts"] == final["artifacts"] and detail["cached_from"] == final["cached_from"]
    fetched = await client.get(final["artifacts"][0]["url"])
    assert fetched.status_code == 200
    assert b"".join([chunk async for chunk in fetched.streaming_content]) == b"hello"  # type: ignore[attr-defined]
    theirs = {"authorization": f"Bearer {make_token('bob')}"}
    assert (await client.get(final["artifacts"][0]["url"], headers=theirs)).status_code == 404
