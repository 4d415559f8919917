"""The topics of the application in the conversation: numbers, places, room, refusals, and what is published."""

from typing import Any

import pytest
from fakes.topic_world import TOPIC, TopicWorld
from hypothesis import given
from hypothesis import strategies as st

from streamer_client.core.backlog import Backlog
from streamer_client.core.topics import RETRY_SECONDS, TopicReader
from streamer_client.errors import NotFound, Unavailable, ValidationFailed
from streamer_client.events import TopicMessage, TopicPresence, TopicSubscribed, TopicTrimmed, topic_event_of

_ACTS = ("connect", "publish", "publish", "deliver", "deliver", "drop", "double", "cut", "take", "wait")


def take_all(world: TopicWorld, reader: TopicReader) -> list[dict[str, Any]]:
    taken = []
    while (message := world.use(lambda: world.core.take_from_topic(reader))) is not None:
        taken.append(message)
    return taken


def seqs(messages: list[dict[str, Any]]) -> list[int]:
    return [one["seq"] for one in messages if "seq" in one]


def places(world: TopicWorld) -> list[Any]:
    return [frame.get("after_seq") for frame in world.frames if frame["type"] == "subscribe"]


@given(st.lists(st.sampled_from(_ACTS), max_size=150), st.integers(0, 5), st.sampled_from([4, 1_000]))
def test_whatever_the_network_does_each_number_comes_once_and_in_order(acts: list[str], after: int, room: int) -> None:
    world = TopicWorld(backlog=Backlog(max_messages=room), published=5)
    reader = world.follow(after_seq=after)
    taken: list[dict[str, Any]] = []
    for act in acts:
        if act == "take":
            taken += filter(None, [world.use(lambda: world.core.take_from_topic(reader))])
        else:
            getattr(world, act)()
        assert len(reader) <= room
    world.cut()  # what was dropped at the very end shows when the client comes back
    world.connect()
    while world.wire or len(reader):
        world.deliver()
        taken += take_all(world, reader)
    assert seqs(taken) == list(range(after + 1, world.published + 1))


def test_what_comes_from_now_on_goes_on_after_its_first_place() -> None:
    world = TopicWorld(published=5)
    reader = world.follow(after_seq=None)
    world.connect()
    world.deliver_all()
    world.cut()
    world.publish()
    world.connect()
    world.deliver_all()
    taken = take_all(world, reader)
    assert [(one["type"], one.get("seq") or one["last_seq"]) for one in taken] == [
        ("subscribed", 5),
        ("subscribed", 6),
        ("message", 6),
    ]
    assert places(world) == [None, 5]


def test_two_readers_share_a_subscription_and_each_has_what_it_asked_for() -> None:
    world = TopicWorld(published=5)
    world.connect()
    live = world.follow(after_seq=None)
    world.deliver_all()
    whole = world.follow(after_seq=2)
    world.publish()
    world.deliver_all()
    assert (seqs(take_all(world, live)), seqs(take_all(world, whole))) == ([6], [3, 4, 5, 6])
    world.use(lambda: world.core.leave_topic(whole))
    assert world.is_followed
    world.use(lambda: world.core.leave_topic(live))
    assert not world.is_followed and not world.core.is_needed


def test_a_second_reader_cannot_begin_behind_the_last_number_either() -> None:
    world = TopicWorld(published=5)
    world.connect()
    first = world.follow(after_seq=0)
    second = world.follow(after_seq=6)
    world.deliver_all()
    assert isinstance(second.error, ValidationFailed) and first.error is None
    assert seqs(take_all(world, first)) == [1, 2, 3, 4, 5]


def test_a_history_that_was_trimmed_is_told_and_gone_on_from() -> None:
    world = TopicWorld(published=9, first_kept=4)
    reader = world.follow(after_seq=1)
    world.connect()
    world.deliver_all()
    taken = take_all(world, reader)
    assert [(one["type"], one.get("seq")) for one in taken[1:3]] == [("snapshot", 3), ("message", 4)]
    assert seqs(taken)[-1] == 9


def test_what_was_taken_is_acknowledged_by_topic() -> None:
    world = TopicWorld(published=3)
    reader = world.follow(after_seq=0)
    world.connect()
    world.deliver_all()
    take_all(world, reader)
    world.wait()
    assert {"type": "received", "topic": TOPIC, "seq": 3} in world.frames


def test_messages_without_numbers_wait_in_bounded_memory_and_a_new_subscription_tells_of_the_loss() -> None:
    world = TopicWorld(published=None, backlog=Backlog(max_messages=4))
    reader = world.follow(after_seq=None)
    world.connect()
    for number in range(10):
        world.tell({"type": "message", "data": number})
    world.deliver_all()
    assert len(reader) == 4
    first = take_all(world, reader)
    world.tell({"type": "message", "data": "later"})
    world.deliver_all()
    assert [one.get("data", one["type"]) for one in first + take_all(world, reader)] == [
        *("subscribed", 0, 1, 2, "subscribed", "later"),
    ]
    assert places(world) == [None, None]


def test_presence_comes_as_it_is_told() -> None:
    world = TopicWorld(published=None)
    reader = world.follow(after_seq=None)
    world.connect()
    world.tell({"type": "presence", "joined": ["bob"], "left": [], "present": 2})
    world.deliver_all()
    event = topic_event_of(take_all(world, reader)[-1])
    assert isinstance(event, TopicPresence) and (event.joined, event.left, event.present) == (("bob",), (), 2)


@pytest.mark.parametrize(("code", "kind"), [("NOT_FOUND", NotFound), ("VALIDATION_ERROR", ValidationFailed)])
def test_a_refusal_ends_it_with_a_typed_error(code: str, kind: type[Exception]) -> None:
    world = TopicWorld(published=5)
    reader = world.follow(after_seq=0)
    world.refusal = {"code": code, "message": "No", "retryable": False}
    world.connect()
    world.deliver_all()
    assert isinstance(reader.error, kind) and not world.core.is_needed
    world.use(lambda: world.core.leave_topic(reader))
    assert not [frame for frame in world.frames if frame["type"] == "unsubscribe"]


def test_what_may_not_be_followed_any_more_ends_with_not_found() -> None:
    world = TopicWorld(published=5)
    reader = world.follow(after_seq=4)
    world.connect()
    world.tell({"type": "unsubscribed", "reason": "not_allowed"})
    world.deliver_all()
    assert seqs(take_all(world, reader)) == [5]
    assert isinstance(reader.error, NotFound)


def test_a_refusal_for_a_while_is_asked_again() -> None:
    world = TopicWorld(published=5)
    reader = world.follow(after_seq=4)
    world.refusal = {"code": "RATE_LIMITED", "message": "Too many", "retryable": True}
    world.connect()
    world.deliver_all()
    world.refusal = None
    world.wait(RETRY_SECONDS)
    world.deliver_all()
    assert seqs(take_all(world, reader)) == [5] and reader.error is None


def test_the_feed_is_no_topic_of_the_application() -> None:
    with pytest.raises(ValidationFailed, match="feed"):
        TopicWorld(published=None).core.follow_topic("requests")


def test_what_is_published_is_sent_once() -> None:
    world = TopicWorld(published=None)
    message = {"type": "publish", "topic": TOPIC, "data": 1}
    early = world.use(lambda: world.core.ask(message, repeats=False))
    world.connect()
    assert len([frame for frame in world.frames if frame["type"] == "publish"]) == 1
    world.cut()
    assert isinstance(early.error, Unavailable)
    world.connect()
    assert len([frame for frame in world.frames if frame["type"] == "publish"]) == 1


def test_the_answer_to_what_is_published_has_the_number() -> None:
    world = TopicWorld(published=None)
    world.connect()
    question = world.use(lambda: world.core.ask({"type": "publish", "topic": TOPIC, "data": 1}, repeats=False))
    world.wire.append({"type": "published", "id": question.message["id"], "topic": TOPIC, "seq": 17})
    world.deliver_all()
    assert question.answer is not None and question.answer["seq"] == 17


def test_an_answer_that_nobody_waits_for_any_more_is_no_message() -> None:
    world = TopicWorld(published=5)
    reader = world.follow(after_seq=5)
    world.connect()
    question = world.use(lambda: world.core.ask({"type": "publish", "topic": TOPIC, "data": 1}, repeats=False))
    world.core.forget(question)
    world.tell({"type": "published", "id": question.message["id"], "seq": 6})
    world.publish()
    world.deliver_all()
    assert [(one["type"], one.get("seq")) for one in take_all(world, reader)] == [("subscribed", None), ("message", 6)]


def test_events_are_typed() -> None:
    named = {"topic": TOPIC, "timestamp": 5.0}
    subscribed = topic_event_of({"type": "subscribed", **named, "last_seq": 9, "presence": ["a", "b"], "present": 2})
    message = topic_event_of({"type": "message", **named, "seq": 10, "data": {"gold": 1}})
    trimmed = topic_event_of({"type": "snapshot", **named, "seq": 3, "first_seq": 4, "reason": "trimmed"})
    unknown = topic_event_of({"type": "weather", **named})
    assert isinstance(subscribed, TopicSubscribed)
    assert (subscribed.last_seq, subscribed.presence, subscribed.present) == (9, ("a", "b"), 2)
    assert isinstance(message, TopicMessage) and (message.seq, message.data) == (10, {"gold": 1})
    assert isinstance(trimmed, TopicTrimmed) and (trimmed.seq, trimmed.first_seq) == (3, 4)
    assert (unknown.type, unknown.topic, unknown.timestamp) == ("weather", TOPIC, 5.0)
