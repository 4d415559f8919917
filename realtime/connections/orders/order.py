"""The hint that carries an order to web processes, and the answer of one of them."""

from collections.abc import Mapping
from typing import Any, Literal, NotRequired, TypedDict

import msgspec

from jobs.circuit import State
from realtime.connections.orders.health import Health


class Order(TypedDict):
    """The hint that carries one order."""

    type: Literal["connections.order"]
    id: str
    to: Mapping[str, Any]
    """The conditions of an ``Audience``."""
    text: NotRequired[str]
    """An encoded message to send."""
    close: NotRequired[int]
    """The code to close with."""
    drain: NotRequired[bool]
    """True: the process has all its clients come back elsewhere, and is not ready any more."""
    answer_to: NotRequired[str]
    """The list in Redis that is to get an ``Answer``."""
    unhealthy: NotRequired[bool]
    """True: the answer leaves out connections without problems."""


class Answer(msgspec.Struct, kw_only=True):
    """The answer of one web process."""

    process: str
    connections: list[Health]
    circuits: dict[str, State]
