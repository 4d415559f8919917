"""The window of a stream or a long poll, which acknowledges nothing."""

from collections.abc import Callable

from django.conf import settings

from realtime.delivery.credit import CreditWindow


def window_unless(is_congested: Callable[[], bool]) -> CreditWindow:
    """Return a window that admits nothing while ``is_congested``: what comes then stays in the log."""
    return CreditWindow(
        most_events=settings.STREAMER_CREDIT_EVENTS,
        most_bytes=settings.STREAMER_CREDIT_BYTES,
        is_congested=is_congested,
    )
