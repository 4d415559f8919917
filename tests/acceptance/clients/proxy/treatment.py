"""The treatments of a connection, and plans that choose one for each connection."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Treatment:
    """The harm that the proxy does to one connection. By default it passes everything on."""

    cut_after_frames: int | None = None
    """Cut a WebSocket after so many data frames of the server."""
    cut_after_bytes: int | None = None
    """Cut an HTTP answer after so many bytes of its body."""
    upgrade_status: int | None = None
    """Answer a WebSocket handshake with this HTTP status; HTTP passes."""
    holds_streams: bool = False
    """Keep a stream of events back until it ends."""
    cuts_streams: bool = False
    """End a stream of events right after its head."""
    stalls: bool = False
    """Take the connection, and never answer."""
    refuses: bool = False
    """Cut the connection as soon as it is there."""
    delay_seconds: float = 0.0
    """Pass on each part of what the server sends so much later."""


@dataclass(frozen=True, kw_only=True)
class Head:
    """The first lines of a connection's request."""

    method: str
    path: str
    is_websocket: bool
    wants_stream: bool


Plan = Callable[[int, Head], Treatment]
"""Chooses the treatment of the connection with this number, from 0, among those of its kind: WebSockets or HTTP."""

PASS = Treatment()


def always(treatment: Treatment) -> Plan:
    return lambda _number, _head: treatment


def first(*treatments: Treatment) -> Plan:
    """Treat the first WebSockets so, one after the other. All else passes."""

    def choose(number: int, head: Head) -> Treatment:
        return treatments[number] if head.is_websocket and number < len(treatments) else PASS

    return choose
