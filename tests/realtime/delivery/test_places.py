"""The messages to followers of a waiting request about its place."""

import pytest

from jobs.queue.pauses import pause_action
from realtime.delivery import places
from realtime.delivery.hub import Delivery, Subscription
from realtime.delivery.places import tell_waiting
from tests.jobs.building import make_submission, run_next, store, submit
from tests.realtime.following import Follower, follow
from tests.realtime.sockets import aside, until

pytestmark = pytest.mark.django_db(transaction=True)


def told(follower: Follower) -> list[tuple[int, int]]:
    messages = [message for message in follower.messages if message["type"] == "waiting"]
    return [(message["ahead"], message["position"]) for message in messages]


async def tell(*follows: Subscription) -> None:
    await tell_waiting(follows, lambda follow: True)


async def test_it_works(delivery: Delivery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "WAITING_SECONDS", 0.05)
    await aside(submit)
    request_id = await aside(store, make_submission(client_id="mine"))
    follower = Follower()
    await follow(delivery, request_id, follower, client_id="mine")
    await until(lambda: told(follower), "the place")
    await aside(run_next)
    await until(lambda: len(told(follower)) == 2, "the next place")
    assert told(follower) == [(1, 2), (0, 1)]
    message = follower.messages[0]
    assert (message["request_id"], message["id"]) == (str(request_id), "mine")
    assert "seq" not in message and message["estimated_seconds"] >= 0
    await aside(run_next)
    await follower.until_final()
    assert told(follower) == [(1, 2), (0, 1)]


async def test_only_a_change_is_told(delivery: Delivery) -> None:
    request_id = await aside(submit)
    follower = Follower()
    opened = await follow(delivery, request_id, follower)
    for _ in range(3):
        await tell(opened)
    assert told(follower) == [(0, 1)]
    await aside(pause_action, make_submission().action)
    await tell(opened)
    assert follower.messages[-1]["reason"] == "paused"


async def test_nothing_is_told_once_it_has_started_or_was_left(delivery: Delivery) -> None:
    request_id = await aside(submit)
    early, left = Follower(), Follower()
    opened, gone = await follow(delivery, request_id, early), await follow(delivery, request_id, left)
    await tell_waiting([opened, gone], lambda follow: follow is not gone)
    assert told(early) == [(0, 1)] and left.messages == []
    await aside(run_next)
    await early.until_final()
    await tell(opened)
    assert told(early) == [(0, 1)] and early.types[-1] == "complete"


async def test_those_asked_longest_ago_come_first(delivery: Delivery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "MAX_ASKED", 2)
    followers = [Follower() for _ in range(3)]
    follows = [await follow(delivery, await aside(submit), follower) for follower in followers]
    await tell(*follows)
    assert [len(told(follower)) for follower in followers] == [1, 1, 0]
    await tell(*follows)
    assert [told(follower) for follower in followers] == [[(0, 1)], [(1, 2)], [(2, 3)]]
