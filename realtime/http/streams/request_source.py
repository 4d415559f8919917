"""The source of a stream that follows one request."""

from collections.abc import Callable

from jobs.files.artifacts import without_signatures
from jobs.models import AsyncRequest
from realtime.access import is_own
from realtime.auth import Identity
from realtime.delivery.subscription import Subscription
from realtime.http.streams.server_sent import seq_of
from realtime.http.streams.stream import EventStream
from realtime.http.streams.window import window_unless
from realtime.shared import delivery

Push = Callable[[str], None]


class RequestSource:
    """Follows a request from the message after ``after_seq`` on."""

    def __init__(self, identity: Identity, row: AsyncRequest, after_seq: int) -> None:
        self._identity = identity
        self._row = row
        self._after_seq = after_seq
        self._follow: Subscription | None = None

    def id_of(self, message: bytes, /) -> str | None:
        return seq_of(message)

    async def begin(self, stream: EventStream) -> None:
        push = push_for(self._identity, self._row, stream.push)
        self._follow = await open_request(self._row, self._after_seq, push, lambda: stream.is_congested)
        self._follow.on_end = stream.complete
        await delivery().catch_up(self._follow)

    def go_on(self) -> None:
        if self._follow is not None:
            delivery().go_on(self._follow)

    def end(self) -> None:
        if self._follow is not None:
            delivery().close(self._follow)


async def open_request(row: AsyncRequest, after_seq: int, push: Push, is_congested: Callable[[], bool]) -> Subscription:
    """Open the log of a request. What comes while ``is_congested`` stays in the log."""
    window = window_unless(is_congested)
    return await delivery().open(row.id, push, after_seq=after_seq, client_id=row.client_id, window=window)


def push_for(identity: Identity, row: AsyncRequest, push: Push) -> Push:
    """Return ``push``, which takes the signatures out of files' URLs for others than the owner."""
    return push if is_own(identity, row) else lambda text: push(without_signatures(text))
