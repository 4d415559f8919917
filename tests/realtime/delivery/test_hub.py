import asyncio
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest

from jobs import paging
from jobs.log import events, publishing
from jobs.log.events import Draft, EventType, append
from jobs.models import RequestEvent
from realtime.delivery import hub as delivery_module
from realtime.delivery.credit import CreditWindow
from realtime.delivery.hub import Delivery
from realtime.delivery.request_log import RequestLog
from tests.jobs.building import make_submission, run_next, store
from tests.realtime.following import Follower, complete, follow, started_with
from tests.realtime.sockets import aside, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.usefixtures("no_checks")
async def test_it_works(delivery: Delivery) -> None:
    request_id = await aside(store, make_submission("zoo_count", payload={"updates": 50}, client_id="mine"))
    follower = Follower()
    opened = await delivery.open(request_id, follower, client_id="mine")
    delivery.begin(opened)
    await aside(run_next)
    await follower.until_final()
    assert follower.seqs == list(range(1, len(follower.seqs) + 1))
    assert follower.types[0] == "started" and follower.types[-1] == "complete"
    assert {message["id"] for message in follower.messages} == {"mine"}


@pytest.mark.usefixtures("no_checks")
async def test_a_late_follower_gets_the_log_and_then_what_comes(delivery: Delivery) -> None:
    claimed = await aside(started_with, 4)
    everything, the_rest = Follower(), Follower()
    await follow(delivery, claimed.request_id, everything)
    await follow(delivery, claimed.request_id, the_rest, after_seq=3)
    assert everything.seqs == [1, 2, 3, 4, 5] and the_rest.seqs == [4, 5]
    await aside(complete, claimed)
    await everything.until_final()
    await the_rest.until_final()
    assert everything.seqs == [1, 2, 3, 4, 5, 6] and the_rest.seqs == [4, 5, 6]


@pytest.mark.usefixtures("no_checks")
async def test_a_message_is_the_same_from_the_log_and_from_a_hint(delivery: Delivery) -> None:
    claimed = await aside(started_with, 0)
    live, late = Follower(), Follower()
    await follow(delivery, claimed.request_id, live)
    await aside(complete, claimed)
    await live.until_final()
    await follow(delivery, claimed.request_id, late)
    assert live.messages == late.messages


@pytest.mark.usefixtures("quick_checks")
async def test_nothing_is_pushed_before_the_follow_begins(delivery: Delivery) -> None:
    """Check it, or a request could end before its client has the acknowledgment."""
    request_id = await aside(store, make_submission("zoo_count", payload={"updates": 5}))
    witness, follower = Follower(), Follower()
    opened = await delivery.open(request_id, follower)
    await follow(delivery, request_id, witness)
    await aside(run_next)
    await witness.until_final()
    await asyncio.sleep(0.2)  # several checks, which would read the log
    assert follower.messages == []
    delivery.begin(opened)
    await follower.until_final()
    assert follower.messages == witness.messages


@pytest.mark.usefixtures("quick_checks", "lost_hints")
async def test_lost_hints_are_repaired_by_the_check(delivery: Delivery) -> None:
    claimed = await aside(started_with, 2)
    follower = Follower()
    await follow(delivery, claimed.request_id, follower)
    assert follower.seqs == [1, 2, 3]
    await aside(complete, claimed)
    await follower.until_final()
    assert follower.seqs == [1, 2, 3, 4]


@pytest.mark.usefixtures("no_checks")
async def test_a_lost_hint_is_repaired_by_the_next_one(delivery: Delivery, monkeypatch: pytest.MonkeyPatch) -> None:
    claimed = await aside(started_with, 0)
    follower = Follower()
    await follow(delivery, claimed.request_id, follower)
    with monkeypatch.context() as lost:
        lost.setattr(events, "publish", lambda request_id, frames, owner: None)
        await aside(append, claimed.request_id, [Draft(type=EventType.PROGRESS)], where=claimed.fence, changes={})
    await aside(complete, claimed)
    await follower.until_final()
    assert follower.seqs == [1, 2, 3]


async def test_doubled_hints_are_delivered_once(delivery: Delivery, monkeypatch: pytest.MonkeyPatch) -> None:
    publish = publishing.publish

    def twice(request_id: UUID, frames: Any, owner: tuple[str, str]) -> None:
        publish(request_id, frames, owner)
        publish(request_id, list(reversed(frames)), owner)

    monkeypatch.setattr(events, "publish", twice)
    claimed = await aside(started_with, 0)
    follower = Follower()
    await follow(delivery, claimed.request_id, follower)
    progress = [Draft(type=EventType.PROGRESS)] * 5
    await aside(append, claimed.request_id, progress, where=claimed.fence, changes={})
    await aside(complete, claimed)
    await follower.until_final()
    assert follower.seqs == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.usefixtures("no_checks")
async def test_a_log_longer_than_a_page_comes_whole(delivery: Delivery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery_module, "_PAGE", 3)
    claimed = await aside(started_with, 10)
    await aside(complete, claimed)
    follower = Follower()
    await follow(delivery, claimed.request_id, follower)
    assert follower.seqs == list(range(1, 13))


# --- a log that was trimmed ------------------------------------------------------------------------------------------


def trim(request_id: UUID, below: int) -> None:
    RequestEvent.objects.filter(request_id=request_id, seq__lt=below).delete()


@pytest.mark.usefixtures("no_checks")
async def test_a_log_that_does_not_reach_back_gives_a_snapshot_and_then_what_comes(delivery: Delivery) -> None:
    claimed = await aside(started_with, 5)
    await aside(trim, claimed.request_id, 4)
    follower = Follower()
    await follow(delivery, claimed.request_id, follower)
    (snapshot,) = follower.messages
    assert (snapshot["type"], snapshot["seq"], snapshot["reason"]) == ("snapshot", 6, "trimmed")
    assert snapshot["status"] == "processing"
    await aside(complete, claimed)
    await follower.until_final()
    assert follower.seqs == [6, 7]


async def test_a_log_that_reaches_back_to_the_follower_needs_no_snapshot(delivery: Delivery) -> None:
    claimed = await aside(started_with, 5)
    await aside(trim, claimed.request_id, 4)
    follower = Follower()
    await follow(delivery, claimed.request_id, follower, after_seq=3)
    assert follower.seqs == [4, 5, 6] and "snapshot" not in follower.types


async def test_a_snapshot_of_a_finished_request_is_the_end(delivery: Delivery) -> None:
    claimed = await aside(started_with, 2)
    await aside(complete, claimed)
    await aside(trim, claimed.request_id, 100)
    follower, ended = Follower(), asyncio.Event()
    opened = await delivery.open(claimed.request_id, follower)
    opened.on_end = ended.set
    await delivery.catch_up(opened)
    (snapshot,) = follower.messages
    assert snapshot["status"] == "completed" and snapshot["result"] == {"rows": 1} and ended.is_set()
    assert delivery._follows == {}


# --- a follower without room -----------------------------------------------------------------------------------------


def narrow(most_events: int, most_bytes: int = 1_000_000) -> CreditWindow:
    """Make a window that is switched on."""
    window = CreditWindow(most_events=most_events, most_bytes=most_bytes)
    window.received(uuid4(), 0)
    return window


@pytest.mark.usefixtures("no_checks")
async def test_it_stops_when_the_window_is_used_up_and_goes_on_from_the_log(delivery: Delivery) -> None:
    claimed = await aside(started_with, 20)
    window, slow, other = narrow(8), Follower(), Follower()
    opened = await follow(delivery, claimed.request_id, slow, window=window)
    await follow(delivery, claimed.request_id, other)
    await aside(complete, claimed)
    await other.until_final()
    assert slow.seqs == list(range(1, 9)) and window.is_full
    assert opened.gate._held == {} and not opened.reading
    for acknowledged in (8, 16):
        window.received(claimed.request_id, acknowledged)
        delivery.go_on(opened)
        await slow.until_seq(min(acknowledged + 8, 22))
    assert slow.messages == other.messages


@pytest.mark.usefixtures("no_checks")
async def test_who_has_too_much_waiting_gets_the_rest_from_the_log(
    delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "PAGE_BYTES", 400)
    claimed = await aside(started_with, 20)
    slow, other = Follower(), Follower()
    most = 8
    window = CreditWindow(most_events=256, most_bytes=1_000_000, is_congested=lambda: len(slow.seqs) >= most)
    opened = await follow(delivery, claimed.request_id, slow, window=window)
    await follow(delivery, claimed.request_id, other)
    await aside(complete, claimed)
    await other.until_final()
    # At most a page, which holds two or three of them, is more than it should be.
    assert most <= len(slow.seqs) < most + 3 and not opened.reading
    most = 100
    delivery.go_on(opened)
    await slow.until_seq(22)
    assert slow.messages == other.messages


@pytest.mark.usefixtures("no_checks")
async def test_many_that_were_held_do_not_pass_at_once(delivery: Delivery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "PAGE_BYTES", 400)
    claimed = await aside(started_with, 0)
    slow, other = Follower(), Follower()
    window = CreditWindow(most_events=256, most_bytes=1_000_000, is_congested=lambda: len(slow.seqs) >= 8)
    opened = await delivery.open(claimed.request_id, slow, after_seq=1, window=window)
    await follow(delivery, claimed.request_id, other)
    await aside(append, claimed.request_id, [Draft(type=EventType.PROGRESS)] * 20, where=claimed.fence, changes={})
    await other.until_seq(21)
    assert len(opened.gate._held) == 20
    delivery.begin(opened)
    await until(lambda: len(slow.seqs) >= 8 and not opened.reading, "it has no room")
    assert len(slow.seqs) < 8 + 4


@pytest.mark.usefixtures("no_checks")
async def test_live_messages_stop_too_and_are_not_kept_for_it(delivery: Delivery) -> None:
    claimed = await aside(started_with, 0)
    window, slow, other = narrow(4), Follower(), Follower()
    opened = await follow(delivery, claimed.request_id, slow, window=window)
    await follow(delivery, claimed.request_id, other)
    progress = [Draft(type=EventType.PROGRESS)] * 10
    await aside(append, claimed.request_id, progress, where=claimed.fence, changes={})
    await other.until_seq(11)
    assert slow.seqs == [1, 2, 3, 4] and opened.gate._held == {} and opened.gate.wants_log
    window.received(claimed.request_id, 4)
    delivery.go_on(opened)
    await slow.until_seq(8)


@pytest.mark.usefixtures("quick_checks")
async def test_checks_send_nothing_to_whom_there_is_no_room(
    delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    claimed = await aside(started_with, 9)
    window, slow = narrow(4), Follower()
    opened = await follow(delivery, claimed.request_id, slow, window=window)
    checked, check = list[int](), RequestLog.last_seqs

    def counting(request_ids: Collection[UUID]) -> Mapping[UUID, int]:
        checked.append(1)
        return check(request_ids)

    monkeypatch.setattr(RequestLog, "last_seqs", counting)
    await until(lambda: len(checked) > 3, "some checks")
    assert slow.seqs == [1, 2, 3, 4] and not opened.reading


@pytest.mark.usefixtures("no_checks")
async def test_all_follows_of_a_connection_share_one_window(delivery: Delivery) -> None:
    first = await aside(started_with, 9)
    second = await aside(started_with, 9)
    window, follower = narrow(12), Follower()
    one = await follow(delivery, first.request_id, follower, window=window)
    other = await follow(delivery, second.request_id, follower, window=window)
    assert follower.seqs == [*range(1, 11), 1, 2]
    window.received(first.request_id, 10)
    delivery.go_on(one)
    delivery.go_on(other)
    await follower.until_seq(10)
    assert follower.seqs == [*range(1, 11), *range(1, 11)]
