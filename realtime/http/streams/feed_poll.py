"""The long poll of the feed.

What has changed shortly before the cursor is looked for again, because clocks differ and commits come late. Most of it
the client has. So it alone is no reason to answer: it comes with what is new, or at the end of the wait.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from jobs.models import Artifact, AsyncRequest
from realtime.auth import Identity
from realtime.delivery.feed import MARGIN, FeedFollower
from realtime.http.streams.long_poll import LongPoll
from realtime.http.streams.server_sent import cursor_of
from realtime.shared import feed

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class News:
    """The messages of one poll, and the cursor for the next. ``truncated``: more has changed than they tell."""

    texts: Sequence[str]
    cursor: str
    truncated: bool


class _Follower(FeedFollower):
    """A follower that tells what came after ``seen_at`` from what its client has probably seen."""

    def __init__(self, owner: tuple[str, str], poll: LongPoll, seen_at: datetime | None, tag: str | None) -> None:
        super().__init__(owner, self._sort, tag)
        self.cursor = ""
        self.truncated = False
        self.seen: list[str] = []
        self._poll = poll
        self._seen_at = seen_at
        self._is_seen = False

    def answer(self, cursor: str, truncated: bool) -> None:
        self.cursor, self.truncated = cursor, truncated

    def live(self) -> None:
        """Take what comes from now on for new, whenever it happened."""
        self._seen_at = _NEVER

    def take(self, row: AsyncRequest) -> bool:
        self._is_seen = self._seen_at is not None and row.changed_at <= self._seen_at
        return super().take(row)

    def take_notice(self, row: Artifact) -> bool:
        told_at = row.notice_at or _NEVER
        if self._seen_at not in (None, _NEVER) and told_at <= self._seen_at - MARGIN:
            return False
        self._is_seen = self._seen_at is not None and told_at <= self._seen_at
        return super().take_notice(row)

    def _sort(self, text: str) -> None:
        if self._is_seen:
            self.seen.append(text)
            return
        self.cursor = cursor_of(text.encode()) or self.cursor
        self._poll.push(text)


async def wait_for_news(
    identity: Identity, since: datetime | None, seen_at: datetime | None, seconds: float, tag: str | None
) -> News:
    """Return what has changed since the cursor that was given at ``seen_at``, after a wait if that is nothing.

    ``since`` is where to look from. None: from now on. ``tag``: only requests that have it.
    """
    poll = LongPoll(identity)
    follower = _Follower((identity.tenant_id, identity.user_id), poll, seen_at, tag)
    try:
        await feed().open(follower, since, follower.answer)
        follower.live()
        if seconds and not poll.texts:
            async with poll.held(seconds):
                pass
    finally:
        feed().close(follower)
    return News([*follower.seen, *poll.texts], follower.cursor, follower.truncated)
