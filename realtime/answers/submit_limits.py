"""The limits on new requests of one client: the shared rate, and the memory of a full queue."""

from collections.abc import Mapping, Sequence
from functools import cached_property

from jobs.errors import ErrorBody
from jobs.requests.submission import Accepted, Refused
from realtime.answers.submissions import Chosen, is_new
from realtime.auth import Identity
from realtime.limits.clients import ClientBuckets
from realtime.shared import limits


class SubmitLimits:
    """The limits of one client, whatever face its requests come over. ``client`` names its buckets."""

    def __init__(self, identity: Identity, client: Mapping[str, str]) -> None:
        self._owner = (identity.tenant_id, identity.user_id)
        self._client = client

    @cached_property
    def _buckets(self) -> ClientBuckets:
        return limits().submits.of(**self._client)

    def take(self, chosen: Chosen) -> ErrorBody | None:
        """Count a request that is about to be stored. Return the error of one that comes too soon."""
        return self._known_error(chosen) or self._buckets.take()

    def settle(self, outcomes: Sequence[Accepted | Refused]) -> None:
        """Give back what was paid for nothing, except that a user whose queue is full pays for looking.

        Only after an answer is it known that nothing was stored. Who hangs up before it has paid.
        """
        full = [one for one in outcomes if isinstance(one, Refused) and one.is_queue_full]
        self._buckets.give_back(len(full), but="user")
        self._buckets.give_back(sum(not is_new(one) for one in outcomes) - len(full))
        if full:
            limits().full_queues.note(self._owner, full[-1].error)
        elif any(isinstance(one, Accepted) and is_new(one) and not one.cached for one in outcomes):
            limits().full_queues.forget(self._owner)

    def _known_error(self, chosen: Chosen) -> ErrorBody | None:
        """Return the error of a moment ago, for a request that must wait: none of its id or result may be stored."""
        message, route = chosen
        if message.client_id is not None or route.handler.cache_seconds is not None:
            return None
        return limits().full_queues.error_of(self._owner)
