"""Requests to follow, and the messages to their followers."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from jobs.log.events import Draft, EventType, append
from jobs.log.outcomes import Completed
from jobs.log.publishing import request_group
from jobs.queue.wakeups import connection
from realtime.delivery.hub import Delivery, Subscription
from tests.jobs.building import claim, submit
from tests.realtime.sockets import until

DONE = Completed(result={"rows": 1}, artifacts=[])


class Follower:
    """The messages that one follower was sent."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    def __call__(self, text: str) -> None:
        self.messages.append(json.loads(text))

    @property
    def seqs(self) -> list[int]:
        return [message["seq"] for message in self.messages]

    @property
    def types(self) -> list[str]:
        return [message["type"] for message in self.messages]

    async def until_final(self) -> None:
        await until(lambda: self.messages and self.messages[-1].get("final"), "the final message")

    async def until_seq(self, seq: int) -> None:
        await until(lambda: self.seqs[-1:] == [seq], f"message {seq}")


async def follow(delivery: Delivery, request_id: UUID, follower: Callable[[str], None], **fields: Any) -> Subscription:
    opened = await delivery.open(request_id, follower, **fields)
    await delivery.catch_up(opened)
    return opened


def members(request_id: UUID) -> int:
    """Count the connections that are subscribed to the request's group."""
    name = f"streamer__group__{request_group(request_id)}"
    return int(dict(connection().pubsub_numsub(name))[name.encode()])


def started_with(count: int) -> Any:
    """Claim a request and append ``count`` events of progress after ``started``."""
    submit()
    claimed = claim()
    progress = [Draft(type=EventType.PROGRESS, data={"percentage": n, "message": str(n)}) for n in range(count)]
    append(claimed.request_id, progress, where=claimed.fence, changes={})
    return claimed


def complete(claimed: Any) -> None:
    append(claimed.request_id, [DONE.draft()], where=claimed.fence, changes=DONE.changes())
