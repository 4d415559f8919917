"""The requests that one connection follows: those it subscribed to, and those it submitted itself."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from jobs.errors import ErrorBody, ErrorCode, error_body
from jobs.files.artifacts import without_signatures
from jobs.models import AsyncRequest
from realtime.access import is_own, readable
from realtime.auth import Identity
from realtime.database import in_database
from realtime.delivery.credit import CreditWindow
from realtime.delivery.followed import Key
from realtime.delivery.subscription import Subscription
from realtime.permissions import TENANT_READ
from realtime.shared import delivery
from realtime.socket.refusing import Refusing
from realtime.socket.topics.topics import Topics
from realtime.wire.messages import Cursor, Subscribe, Unsubscribe
from realtime.wire.protocol import encode, no_such_request

MAX_SUBSCRIPTIONS = 1_000
"""The most requests that one connection may follow at the same time."""
_MAX_LOGGED = 5


class Subscriptions:
    """The subscriptions of one connection. ``identity`` gives who follows now; ``push`` sends.

    ``window`` says how much of it may be on the way at a time. ``topics`` answers what names a topic.
    """

    def __init__(
        self,
        identity: Callable[[], Identity],
        push: Callable[[str], None],
        refusing: Refusing,
        window: CreditWindow,
        topics: Topics,
    ) -> None:
        self._refusing = refusing
        self._identity = identity
        self._push = push
        self._window = window
        self._topics = topics
        self._follows: dict[Key, Subscription] = {}
        self._foreign: set[Key] = set()

    def __len__(self) -> int:
        return len(self._follows) + len(self._topics)

    def adopt(self, follow: Subscription) -> None:
        """Follow a request that this connection has just submitted."""
        self._keep(follow)
        delivery().begin(follow)

    async def follow_again(self, request_id: UUID, client_id: str | None) -> None:
        """Follow from the start a request that was submitted before, unless this connection still does."""
        if request_id in self._follows:
            return
        follow = await self._open(request_id, client_id, 0)
        if request_id in self._follows:  # another message of this connection was quicker
            delivery().close(follow)
            return
        self._keep(follow)
        await delivery().catch_up(follow)

    async def subscribe(self, message: Subscribe) -> None:
        if message.topic is not None:
            await self._topics.subscribe(message)
            return
        wanted = list(message.requests)
        if message.request_id is not None:
            wanted.append(Cursor(message.request_id, message.after_seq or 0))
        if not wanted:
            text = "Name what to follow: give request_id, requests or topic"
            self._refusing.answer(error_body(ErrorCode.VALIDATION_ERROR, text), message.id)
            return
        identity = self._identity()
        rows = await in_database(_readable, [cursor.request_id for cursor in wanted], readable(identity))
        faults = {cursor.request_id: _fault(cursor, rows.get(cursor.request_id)) for cursor in wanted}
        if message.request_id is not None and len(wanted) == 1 and (fault := faults[message.request_id]):
            self._refusing.answer(fault, message.id, request_id=message.request_id)
            return
        if missing := [str(request_id) for request_id in faults if request_id not in rows]:
            facts = {"request_id": ", ".join(missing[:_MAX_LOGGED]), "count": len(missing)}
            self._refusing.log(no_such_request(), facts)
        if len(self._follows) + len(wanted) > MAX_SUBSCRIPTIONS:
            text = f"A connection may follow at most {MAX_SUBSCRIPTIONS} requests"
            self._refusing.answer(error_body(ErrorCode.RATE_LIMITED, text), message.id)
            return
        self._push(encode("subscribed", message.id, **_subscribed(message, rows, faults)))
        for cursor in wanted:
            row = rows.get(cursor.request_id)
            if row is not None and not faults[cursor.request_id]:
                self._forget(row.id)
                if not (row.is_final and cursor.after_seq == row.last_seq):
                    if not is_own(identity, row):
                        self._foreign.add(row.id)
                    await self._follow(row.id, row.client_id, cursor.after_seq)
        self._forget_foreign()

    async def unsubscribe(self, message: Unsubscribe) -> None:
        if message.topic is not None:
            await self._topics.unsubscribe(message)
            return
        if message.request_id is None:
            text = "Name what to unsubscribe from: give request_id or topic"
            self._refusing.answer(error_body(ErrorCode.VALIDATION_ERROR, text), message.id)
            return
        self._forget(message.request_id)
        self._push(encode("unsubscribed", message.id, request_id=message.request_id))

    async def judge_again(self) -> None:
        """Forget what the token of now does not allow to follow."""
        self._forget_foreign()
        await self._topics.judge_again()

    def _forget_foreign(self) -> None:
        if self._foreign and not self._identity().may(TENANT_READ):
            for request_id in tuple(self._foreign):
                self._forget(request_id)

    def go_on(self) -> None:
        """Continue, because there is room again: messages that were held back come from the log."""
        self._topics.go_on()
        for follow in tuple(self._follows.values()):
            delivery().go_on(follow)

    def end_topics(self) -> None:
        self._topics.end()

    def end(self) -> None:
        for request_id in tuple(self._follows):
            self._forget(request_id)

    async def _follow(self, request_id: UUID, client_id: str | None, after_seq: int) -> None:
        follow = await self._open(request_id, client_id, after_seq)
        self._keep(follow)
        await delivery().catch_up(follow)

    async def _open(self, request_id: UUID, client_id: str | None, after_seq: int) -> Subscription:
        push = self._push_to_others if request_id in self._foreign else self._push
        return await delivery().open(request_id, push, after_seq=after_seq, client_id=client_id, window=self._window)

    def _keep(self, follow: Subscription) -> None:
        """Keep it in place of one that another message has begun meanwhile: two would send each message twice."""
        if (other := self._follows.get(follow.key)) is not None:
            delivery().close(other)
        self._follows[follow.key] = follow
        follow.on_end = lambda: self._drop(follow.key)

    def _push_to_others(self, text: str) -> None:
        self._push(without_signatures(text))

    def _forget(self, request_id: Key) -> None:
        follow = self._drop(request_id)
        if follow is not None:
            delivery().close(follow)

    def _drop(self, request_id: Key) -> Subscription | None:
        self._foreign.discard(request_id)
        return self._follows.pop(request_id, None)


def _readable(request_ids: list[UUID], owner: Any) -> dict[UUID, AsyncRequest]:
    rows = AsyncRequest.objects.filter(owner, id__in=request_ids)
    return {row.id: row for row in rows.only("id", "tenant_id", "user_id", "client_id", "status", "last_seq")}


def _fault(cursor: Cursor, row: AsyncRequest | None) -> ErrorBody | None:
    if row is None:
        return no_such_request()
    if cursor.after_seq > row.last_seq:
        text = f"after_seq is {cursor.after_seq}, but the last message of this request is {row.last_seq}"
        return error_body(ErrorCode.VALIDATION_ERROR, text)
    return None


def _subscribed(
    message: Subscribe, rows: Mapping[UUID, AsyncRequest], faults: Mapping[UUID, ErrorBody | None]
) -> dict[str, Any]:
    requests: list[dict[str, Any]] = []
    for request_id, fault in faults.items():
        row = rows.get(request_id)
        if fault or row is None:
            requests.append({"request_id": request_id, "error": fault})
        else:
            requests.append({"request_id": request_id, "status": row.status, "last_seq": row.last_seq})
    single = requests[0] if message.request_id is not None and len(requests) == 1 else {}
    return {**single, "requests": requests}
