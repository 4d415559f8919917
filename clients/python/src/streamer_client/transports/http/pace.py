"""The choice between a stream, long polls and short polls, for all requests that one channel follows."""

from typing import Literal

Way = Literal["stream", "long_poll", "short_poll"]
SILENT_SECONDS = 40.0
"""Without a byte for this long, a stream is held back somewhere on the way."""
FRUITLESS_STREAMS = 3
SHORT_POLL_SECONDS = 2.0
LONG_POLL_SECONDS = 25
BETWEEN_POLLS_SECONDS = 0.2
"""A pause in which events that come one by one gather, so that polls do not use up the rate of messages."""


class Pace:
    """Gives up on streams where they bring nothing, and on long polls where the service allows no more of them."""

    def __init__(self, way: Way = "stream") -> None:
        self.way: Way = way
        self._fruitless = 0

    def stream_was_silent(self) -> None:
        self.way = "long_poll"

    def stream_ended(self, *, had_news: bool) -> None:
        """Note a stream that ended early, as behind a proxy that waits for the end of an answer."""
        self._fruitless = 0 if had_news else self._fruitless + 1
        if self._fruitless >= FRUITLESS_STREAMS:
            self.way = "long_poll"
