"""The limit on the messages of each topic, which all processes share: ``STREAMER_TOPIC_MESSAGES_PER_SECOND``."""

import threading
from functools import cache
from typing import Final

from django.conf import settings

from realtime.limits.exchange import Exchange
from realtime.limits.shared_buckets import Buckets

BURST_SECONDS: Final = 2.0
"""At once, as many may come as otherwise in these seconds."""
# Publishers are on any thread.
_finding = threading.Lock()


def spend(topic: str) -> float:
    """Count a message, and return 0; or return the seconds until one may come, and count nothing.

    A refused message is not paid for, so a publisher that heeds no refusal keeps the topic from nobody.
    """
    buckets = _buckets(settings.STREAMER_TOPIC_MESSAGES_PER_SECOND)
    with _finding:
        found = buckets.find(topic)
    seconds = buckets.exchange.take(found)
    if found and not seconds:
        buckets.exchange.soon()
    return seconds


@cache
def _buckets(per_second: float) -> Buckets:
    return Buckets(Exchange(), per_second, kind="topic", burst_seconds=BURST_SECONDS)
