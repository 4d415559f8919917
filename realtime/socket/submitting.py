"""Stores, acknowledges and follows the requests of one connection: a single one, or a whole batch."""

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import cached_property
from uuid import UUID

from jobs.requests.submission import Accepted, Refused, Submission
from realtime.answers.router import Route
from realtime.answers.submissions import ACKNOWLEDGED, Chosen, acknowledgment, submission_of, with_known_results
from realtime.answers.submit_limits import SubmitLimits
from realtime.answers.traces import SubmissionSpans
from realtime.connections.open_connection import OpenConnection
from realtime.delivery.credit import CreditWindow
from realtime.delivery.subscription import Subscription
from realtime.shared import delivery, handover, submission_writer
from realtime.socket.subscriptions import Subscriptions
from realtime.wire.messages import Request
from realtime.wire.protocol import encode_error

# The most requests of a batch that are judged, or made ready, before other sockets have their turn.
_IN_A_ROW = 8


class Submitting:
    """The submissions of one connection. ``push`` sends; ``followed`` and ``window`` are the connection's."""

    def __init__(
        self, connection: OpenConnection, push: Callable[[str], None], followed: Subscriptions, window: CreditWindow
    ) -> None:
        self._connection = connection
        self._push = push
        self._followed = followed
        self._window = window

    async def submit(self, chosen: Sequence[Chosen], *, redo_of: UUID | None = None) -> None:
        """Store all of them in one commit. Each gets its own answer, in order, independent of the others.

        ``redo_of``: the request that they do again.
        """
        if admitted := await self._within_rate(chosen):
            await self._submit(admitted, redo_of)

    @cached_property
    def _limits(self) -> SubmitLimits:
        return SubmitLimits(self._connection.identity, self._connection.client)

    async def _within_rate(self, chosen: Sequence[Chosen]) -> Sequence[Chosen]:
        """Refuse those that come too fast, or for which there was no room a moment ago, and return the others.

        Other sockets have their turns in between: a flood of batches is refused here, and each answer has its price.
        """
        admitted = []
        for number, (message, route) in enumerate(chosen, start=1):
            if number % _IN_A_ROW == 0:
                await asyncio.sleep(0)
            if error := self._limits.take((message, route)):
                self._connection.note_refused(error)
                self._push(encode_error(error, message.client_id, **message.place))
            else:
                admitted.append((message, route))
        return admitted

    async def _submit(self, chosen: Sequence[Chosen], redo_of: UUID | None) -> None:
        began = time.perf_counter()
        connection = self._connection
        identity = connection.identity
        spans = SubmissionSpans([message for message, _ in chosen], identity, "socket")
        fresh: list[Submission] = []
        follows: dict[UUID, Subscription] = {}
        try:
            for index, one in enumerate(chosen):
                if index and index % _IN_A_ROW == 0:
                    await asyncio.sleep(0)
                trace = spans.trace_of(index)
                fresh.append(submission_of(one, identity, connection_id=connection.id, redo_of=redo_of, trace=trace))
            submissions = await with_known_results(fresh, chosen)
            # Joined before the commit, so that not even the first event can be missed.
            await asyncio.gather(*(self._open(submission, follows) for submission in submissions))
            futures = submission_writer().submit_all(submissions)
            pairs = zip(submissions, futures, strict=True)
            if ending := [future for submission, future in pairs if submission.cancel_on_disconnect]:
                self._connection.expect(ending)
            outcomes = await asyncio.gather(*map(handover().wrap, futures))
        except BaseException as error:
            spans.fail(error)
            for follow in follows.values():
                delivery().close(follow)
            raise
        ACKNOWLEDGED.observe(time.perf_counter() - began, "socket")
        self._limits.settle(outcomes)
        attached = []
        for (message, route), submission, outcome in zip(chosen, submissions, outcomes, strict=True):
            self._answer(message, route, follows[submission.request_id], outcome)
            if isinstance(outcome, Accepted) and outcome.duplicate:
                attached.append((outcome.request_id, message.client_id))
        spans.end(submissions, outcomes)
        for request_id, client_id in attached:
            await self._followed.follow_again(request_id, client_id)

    async def _open(self, submission: Submission, follows: dict[UUID, Subscription]) -> None:
        follows[submission.request_id] = await delivery().open(
            submission.request_id, self._push, client_id=submission.client_id, window=self._window
        )

    def _answer(self, message: Request, chosen: Route, follow: Subscription, outcome: Accepted | Refused) -> None:
        if isinstance(outcome, Refused):
            delivery().close(follow)
            self._connection.note_refused(outcome.error)
            self._push(encode_error(outcome.error, message.client_id, **message.place))
            return
        self._push(acknowledgment(message, outcome, chosen.warnings))
        if outcome.duplicate:
            delivery().close(follow)  # the client follows the first request instead
        else:
            self._followed.adopt(follow)
