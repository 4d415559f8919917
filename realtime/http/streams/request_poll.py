"""The long poll of a request's messages."""

from collections.abc import Sequence

from jobs.models import AsyncRequest
from realtime.auth import Identity
from realtime.http.streams.long_poll import LongPoll
from realtime.http.streams.request_source import open_request
from realtime.http.streams.server_sent import seq_of
from realtime.shared import delivery


async def wait_for_events(
    identity: Identity, row: AsyncRequest, after_seq: int, seconds: float
) -> tuple[Sequence[str], int]:
    """Wait for numbered messages after ``after_seq``. Return them, none after ``seconds``, and the last number."""
    poll = LongPoll(identity)
    last_seq = row.last_seq

    def push(text: str) -> None:
        nonlocal last_seq
        seq = seq_of(text.encode())
        if seq is not None:  # a place in the queue is news for streams alone
            last_seq = max(last_seq, int(seq))
            poll.push(text)

    async with poll.held(seconds):
        follow = await open_request(row, after_seq, push, lambda: poll.is_full)
        poll.on_end = lambda: delivery().close(follow)
        await delivery().catch_up(follow)
    return poll.texts, last_seq
