"""The long poll of a topic's messages."""

from collections.abc import Sequence

from realtime.answers.topics import FollowedTopic
from realtime.http.streams.long_poll import LongPoll
from realtime.http.streams.window import window_unless
from realtime.http.topics.wanted import Wanted


async def wait_for_messages(wanted: Wanted, after_seq: int | None, seconds: float) -> Sequence[str]:
    """Wait for messages after ``after_seq``, or from now on. Return them, none after ``seconds``.

    Nobody is present by a poll: between two of them nobody knows whether the user is still there.
    """
    poll = LongPoll(wanted.identity)
    topic = FollowedTopic(wanted.name, wanted.rule, poll.push, window_unless(lambda: poll.is_full), user_id=None)
    poll.on_end = topic.end
    async with poll.held(seconds):
        await topic.begin(after_seq, lambda facts: None)
    return poll.texts
