"""Publishes orders to web processes. While Redis is away, callers are told so at once and wait for nothing."""

import random
import time
import uuid
from collections.abc import Mapping
from typing import Any, Final

from channels.layers import get_channel_layer

from jobs.circuit import CircuitBreaker
from jobs.log.kept_loop import send_on_kept_loop
from realtime.connections.orders.audience import Audience
from realtime.connections.orders.order import Order

TRIES: Final = 3
FIRST_PAUSE_SECONDS: Final = 0.1
breaker = CircuitBreaker("a message to connections is not sent", name="sending", failures=3, pause_seconds=30.0)


def make_order(audience: Audience, **what: Any) -> Order:
    order: Any = {"type": "connections.order", "id": uuid.uuid4().hex, "to": audience.as_json(), **what}
    made: Order = order
    return made


def publish(group: str, order: Order) -> int | None:
    """Publish an order, from any thread that may block. Return the number of web processes that got it.

    Return None when it could not be published. A failure is tried again twice, unless the breaker is open.
    """
    told: list[int] = []
    for attempt in range(TRIES):
        if attempt:
            time.sleep(FIRST_PAUSE_SECONDS * 2 ** (attempt - 1) * random.uniform(0.5, 1.5))
        if breaker.is_open:
            break
        if breaker.call(lambda: told.append(_publish_now(group, order))):
            return told[0]
    return None


def _publish_now(group: str, order: Mapping[str, Any]) -> int:
    layer = get_channel_layer()
    if layer is None:
        return 0
    if (send_now := getattr(layer, "groups_send_now", None)) is not None:
        (count,) = send_now([(group, order)])
        return int(count)
    # Another layer does not say who got it.
    send_on_kept_loop(layer, [(group, order)])
    return 1
