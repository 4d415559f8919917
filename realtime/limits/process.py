"""The limits of one web process, as the settings want them. They share one exchange with the other processes."""

from typing import Final

from django.conf import settings

from realtime.limits.clients import ClientLimit, Rates
from realtime.limits.connects import ConnectLimit
from realtime.limits.exchange import Exchange
from realtime.limits.full_queues import FullQueues
from realtime.limits.large_messages import LargeMessages

RATE_SETTINGS: Final = {
    "connects": "STREAMER_CONNECTS_PER_",
    "messages": "STREAMER_MESSAGES_PER_",
    "submits": "STREAMER_SUBMITS_PER_",
    "uploads": "STREAMER_UPLOAD_RATE_PER_",
}
"""The beginning of the names of three settings each, which end in USER, TENANT and ADDRESS."""


class Limits:
    """The limits on connects, messages, submits and uploads, and the turns of large messages.

    Used on the event loop alone.
    """

    def __init__(self) -> None:
        exchange = Exchange()
        self.connects = ConnectLimit(exchange, rates_of("connects"))
        self.messages = ClientLimit(exchange, "messages", rates_of("messages"))
        self.submits = ClientLimit(exchange, "submits", rates_of("submits"))
        self.uploads = ClientLimit(exchange, "uploads", rates_of("uploads"))
        self.full_queues = FullQueues()
        self.large_messages = LargeMessages()


def rates_of(kind: str) -> Rates:
    prefix = RATE_SETTINGS[kind]
    return Rates(*(float(getattr(settings, f"{prefix}{whose}")) for whose in ("USER", "TENANT", "ADDRESS")))
