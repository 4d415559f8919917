"""The presence in topics: one for each user, however many sockets, on whichever web process."""

import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as project_settings
from django.utils import timezone

from realtime.connections.processes import SILENCE
from realtime.models import TopicMember, WebProcess
from realtime.shared import presence
from realtime.topics import members, present
from realtime.topics import presence as presence_module
from realtime.topics.sweep_rules import delete_dead_members
from tests.local.waiting import DEADLINE_SECONDS
from tests.realtime.conftest import OpenSocket
from tests.realtime.sockets import Message, Socket, aside, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("quick_presence")]
ROOM, OTHER_ROOM, NEWS = "tenant.acme.rooms.1", "tenant.acme.rooms.2", "tenant.acme.news"


async def enter(socket: Socket, topic: str = ROOM) -> Message:
    await socket.say(type="subscribe", topic=topic)
    return await socket.hear("subscribed")


async def change(socket: Socket) -> tuple[list[str], list[str], int]:
    message = await socket.hear("presence")
    assert message["topic"] == ROOM
    return message["joined"], message["left"], message["present"]


def on_another_process(user_id: str, **process: Any) -> WebProcess:
    """Have a user follow the room on another web process."""
    made, _ = WebProcess.objects.update_or_create(id="another", defaults=process)
    TopicMember.objects.create(topic=ROOM, user_id=user_id, server="another")
    members.tell([ROOM])
    return made


def rows() -> list[tuple[str, str]]:
    return list(TopicMember.objects.order_by("topic", "user_id").values_list("topic", "user_id"))


async def test_it_works(open_socket: OpenSocket) -> None:
    alice, bob = await open_socket(), await open_socket(user="bob")
    answer = await enter(alice)
    assert (answer["presence"], answer["present"]) == (["alice"], 1)
    answer = await enter(bob)
    assert (answer["presence"], answer["present"]) == (["alice", "bob"], 2)
    assert await change(alice) == (["bob"], [], 2)
    await bob.leave()
    assert await change(alice) == ([], ["bob"], 1)
    await until_written(("alice",))  # sockets are told of what this process knows, before it is written
    assert await aside(present, ROOM) == ["alice"]


async def test_several_tabs_of_a_user_are_one(open_socket: OpenSocket) -> None:
    watching = await open_socket(user="bob")
    await enter(watching)
    tabs = [await open_socket() for _ in range(3)]
    for tab in tabs:
        assert (await enter(tab))["present"] == 2
    assert await change(watching) == (["alice"], [], 2)
    await tabs[0].leave()
    await tabs[1].ask(type="unsubscribe", topic=ROOM)
    assert await watching.is_silent(0.3)
    await tabs[2].leave()
    assert await change(watching) == ([], ["alice"], 1)


async def test_a_page_that_is_reloaded_was_never_away(open_socket: OpenSocket) -> None:
    watching, first, again = await open_socket(user="bob"), await open_socket(), await open_socket()
    await enter(watching)
    await enter(first)
    await change(watching)
    async with presence()._reading:  # nobody looks who is there before the page is back
        await first.leave()
        assert (ROOM, "alice") not in presence()._here
        await again.say(type="subscribe", topic=ROOM)
        await until(lambda: (ROOM, "alice") in presence()._here, "the page is back")
    assert (await again.hear("subscribed"))["present"] == 2
    assert await watching.is_silent(0.8)


async def test_a_topic_without_presence_tells_of_nobody(open_socket: OpenSocket) -> None:
    answer = await enter(await open_socket(), NEWS)
    assert "presence" not in answer and "present" not in answer
    assert await aside(rows) == []


async def test_users_of_other_processes_come_and_go(open_socket: OpenSocket) -> None:
    await aside(on_another_process, "carol")
    socket = await open_socket()
    assert (await enter(socket))["presence"] == ["alice", "carol"]
    await aside(on_another_process, "dave")
    assert await change(socket) == (["dave"], [], 3)


async def test_who_is_there_twice_leaves_with_the_last(open_socket: OpenSocket) -> None:
    await aside(on_another_process, "bob")
    socket, bob = await open_socket(), await open_socket(user="bob")
    await enter(socket)
    assert (await enter(bob))["present"] == 2
    await until_written(("alice", "bob"))
    await bob.leave()
    await until_written(("alice",))
    assert await socket.is_silent(0.3)


async def until_written(users: tuple[str, ...]) -> None:
    """Wait for the rows of this process."""
    own = TopicMember.objects.filter(server=project_settings.STREAMER_SERVER_ID)
    deadline = time.monotonic() + DEADLINE_SECONDS
    while await aside(lambda: sorted(own.values_list("user_id", flat=True))) != sorted(users):
        assert time.monotonic() < deadline, f"{users} were not written"
        await asyncio.sleep(0.01)


async def test_a_lost_hint_is_repaired_by_the_check(open_socket: OpenSocket, monkeypatch: pytest.MonkeyPatch) -> None:
    socket = await open_socket()
    await enter(socket)
    monkeypatch.setattr(members, "send_hints", lambda messages: None)
    await aside(on_another_process, "dave")
    assert await change(socket) == (["dave"], [], 2)


@pytest.mark.parametrize("end", [{"last_seen_at": timezone.now() - SILENCE * 2}, {"ended_at": timezone.now()}])
async def test_the_users_of_a_dead_process_leave(open_socket: OpenSocket, end: dict[str, Any]) -> None:
    await aside(on_another_process, "carol")
    socket = await open_socket()
    assert (await enter(socket))["present"] == 2
    await aside(lambda: WebProcess.objects.filter(id="another").update(**end))
    assert await change(socket) == ([], ["carol"], 1)
    await until_written(("alice",))
    assert await aside(delete_dead_members, timezone.now()) == 1
    assert await aside(rows) == [(ROOM, "alice")]


def test_the_sweeper_spares_a_process_that_has_no_row_yet() -> None:
    TopicMember.objects.create(topic=ROOM, user_id="eve", server="new")
    assert delete_dead_members(timezone.now()) == 0
    assert delete_dead_members(timezone.now() + SILENCE + timedelta(seconds=1)) == 1


async def test_a_process_that_was_taken_for_dead_writes_its_users_again(open_socket: OpenSocket) -> None:
    await enter(await open_socket())
    await until_written(("alice",))
    await aside(lambda: TopicMember.objects.all().delete())
    await until_written(("alice",))


async def test_a_dead_database_delays_and_loses_nobody(
    open_socket: OpenSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence_module, "_RETRY_SECONDS", 0.05)
    write, calls = members.write, list[int]()

    def flaky(*args: Any) -> None:
        calls.append(1)
        if len(calls) == 1:
            raise ValueError("a bug")
        write(*args)

    monkeypatch.setattr(members, "write", flaky)
    await enter(await open_socket())
    await until_written(("alice",))


async def test_nothing_is_asked_where_nobody_follows(open_socket: OpenSocket, monkeypatch: pytest.MonkeyPatch) -> None:
    socket = await open_socket()
    await enter(socket)
    await socket.ask(type="unsubscribe", topic=ROOM)
    await until_written(())
    calls: list[Any] = []
    read = members.read
    monkeypatch.setattr(members, "read", lambda topics: calls.append(topics) or read(topics))
    assert await socket.is_silent(0.3)
    assert calls == []
    await enter(socket, OTHER_ROOM)
    await until(lambda: calls, "it is read again")
