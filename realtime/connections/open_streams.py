"""The open streams and long polls of this process. They have no rows, so nobody but their process knows of them."""

from collections import Counter
from collections.abc import Callable
from typing import Protocol

from realtime.auth import Identity
from realtime.revocations.table import TABLE
from realtime.wire.close_codes import CloseCode

Owner = tuple[str, str]
"""Tenant and user."""


class OpenStream(Protocol):
    @property
    def identity(self) -> Identity: ...

    def close(self, code: CloseCode) -> None:
        """Tell the client why, and end."""


class OpenStreams:
    """The streams of one process. ``start`` begins to watch for revocations and for the stop of the process.

    Used on the event loop alone.
    """

    def __init__(self, start: Callable[[], None]) -> None:
        self.open: set[OpenStream] = set()
        self._start = start
        self._counts: Counter[Owner] = Counter()

    def count(self, identity: Identity) -> int:
        """Count the open ones of a user."""
        return self._counts[_owner(identity)]

    def add(self, stream: OpenStream) -> None:
        self._start()
        self.open.add(stream)
        self._counts[_owner(stream.identity)] += 1
        # The token may have been revoked since it was judged, when the watch did not see this stream.
        if TABLE.cutoffs.is_void(stream.identity):
            stream.close(CloseCode.REVOKED)

    def remove(self, stream: OpenStream) -> None:
        """Take it out. Without effect when it is not there."""
        if stream not in self.open:
            return
        self.open.remove(stream)
        owner = _owner(stream.identity)
        self._counts[owner] -= 1
        if not self._counts[owner]:
            del self._counts[owner]


def _owner(identity: Identity) -> Owner:
    return identity.tenant_id, identity.user_id
