import asyncio
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest
from channels.layers import get_channel_layer

from jobs.log.publishing import request_group
from realtime.delivery import groups as groups_module
from realtime.delivery.groups import Groups
from realtime.delivery.hub import Delivery
from realtime.delivery.layer import BoundedPubSubLayer
from realtime.delivery.request_log import RequestLog
from tests.jobs.building import submit
from tests.realtime.following import Follower, complete, follow, members, started_with
from tests.realtime.sockets import aside, until

pytestmark = pytest.mark.django_db(transaction=True)


async def test_following_joins_the_group_and_the_last_to_go_leaves_it(delivery: Delivery) -> None:
    request_id = await aside(submit)
    first = await follow(delivery, request_id, Follower())
    second = await follow(delivery, request_id, Follower())
    await until(lambda: members(request_id) == 1, "the group is joined")
    delivery.close(first)
    delivery.close(first)
    assert len(delivery._follows[request_id]) == 1 and members(request_id) == 1
    delivery.close(second)
    await until(lambda: members(request_id) == 0, "the group is left")
    assert delivery._follows == {} and delivery._groups._wanted == {}


async def test_who_does_not_follow_any_more_is_sent_nothing(delivery: Delivery) -> None:
    claimed = await aside(started_with, 0)
    gone, stays = Follower(), Follower()
    opened = await follow(delivery, claimed.request_id, gone)
    await follow(delivery, claimed.request_id, stays)
    delivery.close(opened)
    await aside(complete, claimed)
    await stays.until_final()
    assert gone.seqs == [1]


async def test_one_may_leave_and_follow_again_at_once(delivery: Delivery) -> None:
    claimed = await aside(started_with, 0)
    for _ in range(5):
        delivery.close(await follow(delivery, claimed.request_id, Follower()))
    follower = Follower()
    await follow(delivery, claimed.request_id, follower)
    await until(lambda: members(claimed.request_id) == 1, "it is in the group")
    await aside(complete, claimed)
    await follower.until_final()
    assert follower.seqs == [1, 2]


async def test_the_end_of_a_request_ends_the_follow(delivery: Delivery) -> None:
    claimed = await aside(started_with, 0)
    follower, ended = Follower(), asyncio.Event()
    opened = await delivery.open(claimed.request_id, follower)
    opened.on_end = ended.set
    await delivery.catch_up(opened)
    assert not ended.is_set()
    await aside(complete, claimed)
    await asyncio.wait_for(ended.wait(), 10)
    assert delivery._follows == {}
    await until(lambda: members(claimed.request_id) == 0, "the group is left")


async def test_who_goes_away_while_joining_leaves_nothing_behind(
    delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = asyncio.Event()

    async def hang(self: Any, layer: Any) -> None:
        await hanging.wait()

    monkeypatch.setattr(Groups, "_match", hang)
    joining = asyncio.ensure_future(delivery.open(uuid4(), Follower()))
    await asyncio.sleep(0)
    joining.cancel()
    await asyncio.wait({joining})
    assert joining.cancelled() and delivery._follows == {}


async def test_a_request_that_does_not_exist_sends_nothing(delivery: Delivery) -> None:
    follower = Follower()
    opened = await follow(delivery, uuid4(), follower)
    assert follower.messages == [] and not opened.gate.wants_log


@pytest.mark.usefixtures("quick_checks")
async def test_without_redis_everything_still_arrives(
    delivery: Delivery, monkeypatch: pytest.MonkeyPatch, closed_port: int
) -> None:
    away = BoundedPubSubLayer(hosts=[{"address": f"redis://127.0.0.1:{closed_port}"}])
    monkeypatch.setattr(groups_module, "get_channel_layer", lambda: away)
    claimed = await aside(started_with, 2)
    follower = Follower()
    await asyncio.wait_for(follow(delivery, claimed.request_id, follower), 3)
    assert follower.seqs == [1, 2, 3]
    await aside(complete, claimed)
    await follower.until_final()
    assert follower.seqs == [1, 2, 3, 4]
    await away.flush()


@pytest.mark.usefixtures("quick_checks", "lost_hints")
async def test_a_fault_in_one_check_does_not_end_the_checks(
    delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    claimed = await aside(started_with, 0)
    follower = Follower()
    await follow(delivery, claimed.request_id, follower)
    real, calls = RequestLog.last_seqs, list[int]()

    def flaky(request_ids: Collection[UUID]) -> Mapping[UUID, int]:
        calls.append(1)
        if len(calls) == 1:
            raise ValueError("a bug")
        return real(request_ids)

    monkeypatch.setattr(RequestLog, "last_seqs", flaky)
    await aside(complete, claimed)
    await follower.until_final()
    assert len(calls) >= 2


@pytest.mark.usefixtures("no_checks")
async def test_a_hint_that_cannot_be_read_is_not_the_last_that_is_heard(delivery: Delivery) -> None:
    claimed = await aside(started_with, 0)
    follower = Follower()
    await follow(delivery, claimed.request_id, follower)
    await aside(get_channel_layer().group_send_now, request_group(claimed.request_id), {"of": "another version"})
    await aside(complete, claimed)
    await follower.until_final()
    assert follower.seqs == [1, 2]


@pytest.mark.usefixtures("no_checks")
async def test_a_fault_while_joining_does_not_end_the_joining(
    delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = Groups._match, list[int]()

    async def flaky(self: Any, layer: Any) -> None:
        calls.append(1)
        if len(calls) == 1:
            raise ValueError("a bug")
        await real(self, layer)

    monkeypatch.setattr(Groups, "_match", flaky)
    claimed = await aside(started_with, 0)
    follower = Follower()
    await follow(delivery, claimed.request_id, follower)
    await until(lambda: members(claimed.request_id) == 1, "the group is joined all the same")
    await aside(complete, claimed)
    await follower.until_final()
