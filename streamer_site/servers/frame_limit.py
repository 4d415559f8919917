"""The limit on the frames of one socket, counted by the server before it looks at what they hold.

The application sees messages alone. Pings, pongs, fragments and what the server itself refuses would cost the process
time that nobody counts.
"""

from typing import Final

from django.conf import settings

from realtime.limits.token_bucket import TokenBucket

FRAMES_PER_MESSAGE: Final = 5
"""A message may come in fragments, and pings come beside it."""
CUT_OFF_SECONDS: Final = 5.0
"""The time for the last message and the close of a socket that floods."""


class FrameLimit:
    """A token bucket: five times the messages that a connection may send, both on average and at once."""

    def __init__(self) -> None:
        self._bucket = TokenBucket(
            per_second=FRAMES_PER_MESSAGE * settings.STREAMER_MESSAGES_PER_SECOND,
            burst=FRAMES_PER_MESSAGE * settings.STREAMER_MESSAGE_BURST,
        )

    def take(self) -> bool:
        """Count one frame. Return False when there are too many."""
        if self._bucket.left < 1 and self._bucket.refill() < 1:
            return False
        self._bucket.spend(1)
        return True
