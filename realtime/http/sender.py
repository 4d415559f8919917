"""The sender of a request over HTTP, and the limits on it: those of its messages on sockets, counted together."""

from functools import cached_property

from django.http import HttpRequest

from realtime.answers.submit_limits import SubmitLimits
from realtime.auth import Identity
from realtime.http.responses import Refused
from realtime.limits.addresses import address_of
from realtime.limits.clients import ClientBuckets
from realtime.limits.messages import BYTES_PER_MESSAGE, FREE_SECONDS, SECONDS_PER_MESSAGE
from realtime.shared import limits


class Sender:
    """The client that sent ``request``, as limits see it."""

    def __init__(self, request: HttpRequest, identity: Identity) -> None:
        self.identity = identity
        self._client = {
            "tenant_id": identity.tenant_id,
            "user_id": identity.user_id,
            "address": address_of(request),
        }

    @cached_property
    def messages(self) -> ClientBuckets:
        return limits().messages.of(**self._client)

    @cached_property
    def submits(self) -> SubmitLimits:
        return SubmitLimits(self.identity, self._client)

    def take_message(self, size_bytes: int = 0) -> None:
        """Count a message, and one more for each 64 KiB of it. Raises ``Refused`` above the limit."""
        if error := self.messages.take(1 + size_bytes // BYTES_PER_MESSAGE):
            raise Refused(error)

    def charge(self, seconds: float) -> None:
        """Count the processor time that a message took, as further messages."""
        self.messages.spend(max(0.0, seconds - FREE_SECONDS) / SECONDS_PER_MESSAGE)
