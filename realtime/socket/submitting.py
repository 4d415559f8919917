"""Stores, acknowledges and follows the requests of one connection: a single one, or a whole batch."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from jobs.requests.result_cache import look_up
from jobs.requests.submission import Accepted, Refused, Submission
from realtime.connections.open_connection import OpenConnection
from realtime.database import in_database
from realtime.delivery.credit import CreditWindow
from realtime.delivery.subscription import Subscription
from realtime.shared import delivery, submission_writer
from realtime.socket.router import Route
from realtime.socket.subscriptions import Subscriptions
from realtime.wire.messages import Request
from realtime.wire.protocol import encode, encode_error

Chosen = tuple[Request, Route]


class Submitting:
    """The submissions of one connection. ``push`` sends; ``followed`` and ``window`` are the connection's."""

    def __init__(
        self, connection: OpenConnection, push: Callable[[str], None], followed: Subscriptions, window: CreditWindow
    ) -> None:
        self._connection = connection
        self._push = push
        self._followed = followed
        self._window = window

    async def submit(self, chosen: Sequence[Chosen]) -> None:
        """Store all of them in one commit. Each gets its own answer, in order, independent of the others."""
        submissions = await self._known([self._submission(message, route) for message, route in chosen], chosen)
        follows: dict[UUID, Subscription] = {}
        try:
            # Joined before the commit, so that not even the first event can be missed.
            await asyncio.gather(*(self._open(submission, follows) for submission in submissions))
            outcomes = await asyncio.gather(*map(asyncio.wrap_future, submission_writer().submit_all(submissions)))
        except BaseException:
            for follow in follows.values():
                delivery().close(follow)
            raise
        attached = []
        for (message, route), submission, outcome in zip(chosen, submissions, outcomes, strict=True):
            self._answer(message, route, follows[submission.request_id], outcome)
            if isinstance(outcome, Accepted) and outcome.duplicate:
                attached.append((outcome.request_id, message.client_id))
        for request_id, client_id in attached:
            await self._followed.follow_again(request_id, client_id)

    async def _known(self, submissions: Sequence[Submission], chosen: Sequence[Chosen]) -> Sequence[Submission]:
        """Add the cached result, if any, to each. Without a handler that uses the cache, this costs nothing."""
        if all(route.handler.cache_seconds is None for _, route in chosen):
            return submissions
        return await in_database(
            lambda: [_with_cache(one, *pair) for one, pair in zip(submissions, chosen, strict=True)]
        )

    async def _open(self, submission: Submission, follows: dict[UUID, Subscription]) -> None:
        follows[submission.request_id] = await delivery().open(
            submission.request_id, self._push, client_id=submission.client_id, window=self._window
        )

    def _answer(self, message: Request, chosen: Route, follow: Subscription, outcome: Accepted | Refused) -> None:
        if isinstance(outcome, Refused):
            delivery().close(follow)
            self._push(encode_error(outcome.error, message.client_id, **message.place))
            return
        self._push(_acknowledgment(message, outcome, chosen.warnings))
        if outcome.duplicate:
            delivery().close(follow)  # the client follows the first request instead
        else:
            self._followed.adopt(follow)

    def _submission(self, message: Request, chosen: Route) -> Submission:
        identity = self._connection.identity
        return Submission(
            tenant_id=identity.tenant_id,
            user_id=identity.user_id,
            client_id=message.client_id,
            connection_id=self._connection.id,
            action=message.action,
            queue=chosen.handler.queue,
            payload=message.payload,
            metadata=message.metadata,
            priority=message.priority,
            expires_in_seconds=message.expires_in,
            estimated_seconds=chosen.estimated_seconds,
        )


def _with_cache(submission: Submission, message: Request, chosen: Route) -> Submission:
    owner = {"tenant_id": submission.tenant_id, "user_id": submission.user_id}
    found = look_up(chosen.handler, chosen.payload, **owner, fresh=not message.cache)
    return replace(submission, cache_key=found.key, cached=found.outcome)


def _acknowledgment(message: Request, accepted: Accepted, warnings: Sequence[Mapping[str, str]]) -> str:
    text = "This request was accepted before" if accepted.duplicate else "The request is queued"
    if accepted.cached:
        text = "The result is known already"
    return encode(
        "acknowledgment",
        message.client_id,
        **message.place,
        request_id=accepted.request_id,
        status="queued",
        message=text,
        duplicate=accepted.duplicate,
        position=accepted.position,
        estimated_seconds=round(accepted.estimated_seconds, 3),
        **({"warnings": warnings} if warnings else {}),
    )
