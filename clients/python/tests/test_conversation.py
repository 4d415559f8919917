"""The conversation against a service in memory, whatever the network does."""

from typing import Any

import pytest
from fakes.model import Application, World
from hypothesis import given
from hypothesis import strategies as st

from streamer_client.core.backlog import Backlog
from streamer_client.core.following import Following
from streamer_client.core.reader import Reader
from streamer_client.errors import ConnectionStopped, QueueFull

_ACTS = ("connect", "push", "push", "deliver", "deliver", "late", "drop", "double", "cut", "take", "wait")
schedules = st.lists(st.sampled_from(_ACTS), max_size=150)


def carry_out(world: World, application: Application, act: str) -> None:
    match act:
        case "late":
            world.deliver(place=2)
        case "take":
            world.use(application.take)
        case "wait":
            world.wait(0.2)
        case _:
            getattr(world, act)()


@given(schedules, st.integers(1, 12), st.integers(1, 3))
def test_whatever_the_network_does_each_event_comes_once_and_in_order(
    schedule: list[str], events: int, requests: int
) -> None:
    world = World(events=events)
    application = Application(world)
    for _ in range(requests):
        application.submit()
    for act in schedule:
        carry_out(world, application, act)
    world.cut()  # what was dropped at the very end shows when the client comes back
    world.settle(application.take_all)
    assert list(application.taken.values()) == [list(range(1, events + 1))] * requests
    assert len(world.runs) == requests, "a request was stored twice"


@given(schedules, st.integers(1, 12), st.data())
def test_two_readers_of_one_request_each_get_what_they_asked_for(schedule: list[str], events: int, data: Any) -> None:
    world = World(events=events)
    application = Application(world)
    application.submit()
    world.connect()
    world.deliver()
    request_id = next(iter(world.runs.values()))
    after_seq = data.draw(st.integers(0, events))
    reader = application.follow(request_id, after_seq)
    for act in schedule:
        carry_out(world, application, act)
    world.cut()
    world.settle(application.take_all)
    assert application.taken[application.submissions[0].reader] == list(range(1, events + 1))
    assert application.taken[reader] == list(range(after_seq + 1, events + 1))


@given(schedules, st.integers(20, 60))
def test_an_application_that_takes_nothing_costs_bounded_memory(schedule: list[str], events: int) -> None:
    backlog = Backlog(max_messages=8)
    world = World(events=events, backlog=backlog)
    application = Application(world)
    application.submit()
    for act in schedule:
        if act != "take":
            carry_out(world, application, act)
        assert backlog.messages <= 8
    world.cut()
    world.settle(application.take_all)
    assert list(application.taken.values()) == [list(range(1, events + 1))]


@pytest.mark.parametrize(
    ("owner", "name", "broken"),
    [
        (Reader, "offer", lambda self, message, size: self._keep(message, size) or "kept"),
        (Following, "_subscribe", lambda self, names: None),
    ],
    ids=["without the check of numbers", "without asking again"],
)
def test_the_checks_would_notice(monkeypatch: pytest.MonkeyPatch, owner: type, name: str, broken: Any) -> None:
    monkeypatch.setattr(owner, name, broken)
    world = World(events=4)
    application = Application(world)
    application.submit()
    for act in ("connect", "deliver", "push", "double", "deliver", "push", "drop", "push", "cut"):
        carry_out(world, application, act)
    world.settle(application.take_all)
    assert list(application.taken.values()) != [[1, 2, 3, 4]]


def test_the_queue_is_bounded_while_there_is_no_connection() -> None:
    world = World(events=1, max_waiting=2)
    application = Application(world)
    application.submit()
    application.submit()
    with pytest.raises(QueueFull):
        application.submit()
    world.settle(application.take_all)
    application.submit()
    assert len(application.taken) == 3


def test_a_stop_fails_all_that_waits() -> None:
    world = World(events=3)
    application = Application(world)
    application.submit()
    world.connect()
    world.core.disconnected(4501)
    assert world.core.phase == "stopped"
    assert isinstance(application.submissions[0].error, ConnectionStopped)
    with pytest.raises(ConnectionStopped):
        world.core.submit({"action": "echo"})


def test_what_was_refused_unread_is_sent_again() -> None:
    world = World(events=1)
    application = Application(world)
    world.connect()
    application.submit()
    world.wire.clear()
    world.core.receive({"type": "error", "error": {"code": "RATE_LIMITED", "retry_after": 2.0, "retryable": True}})
    world.wait(1.9)
    assert not world.wire
    world.wait(0.2)
    assert [message["type"] for message in world.wire] == ["acknowledgment"]


def test_a_dead_peer_is_left() -> None:
    world = World(events=1)
    world.connect()
    world.wait(19.9)
    assert world.core.take_frames() == []
    world.now += 0.2
    world.core.tick()
    assert world.core.take_frames() == [{"type": "ping"}]
    world.wait(20)
    assert world.core.phase == "hanging_up"
