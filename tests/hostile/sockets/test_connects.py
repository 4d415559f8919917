"""Handshakes in a row, by one user or from one address, are refused and disturb nobody who is connected."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import pytest

from tests.hostile.bystander import harmless
from tests.hostile.raw import CLOSE, handshake, raw_connection
from tests.live import LiveStack
from tests.local.waiting import eventually

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
_PER_SECOND = 190
_SECONDS = 4.0
WELCOME, TOO_FAST, FORBIDDEN = "welcome", "4021", "403"


def connect_once(live: LiveStack, token: str) -> str:
    """Open a socket, read until the outcome is known, and hang up."""
    with raw_connection(live) as raw:
        raw.send(handshake(live, token))
        if b" 101 " not in raw.read_head()[:20]:
            return FORBIDDEN
        while (found := raw.read_frame()) is not None:
            if b'"welcome"' in found.payload:
                return WELCOME
            if found.opcode == CLOSE:
                return str(found.close_code)
    return "lost"


def connect_on(live: LiveStack, token: str) -> Counter[str]:
    """Connect at a steady pace, as far as the server keeps up. Count the outcomes."""
    outcomes: Counter[str] = Counter()
    begun = time.monotonic()
    while (now := time.monotonic() - begun) < _SECONDS:
        if sum(outcomes.values()) < now * _PER_SECOND:
            outcomes[connect_once(live, token)] += 1
        else:
            time.sleep(0.001)
    return outcomes


async def test_a_user_who_connects_without_end_is_refused(
    attacked_stack: LiveStack, cast: Callable[[str], str]
) -> None:
    async with harmless(attacked_stack, cast("bob")):
        outcomes = await asyncio.to_thread(connect_on, attacked_stack, attacked_stack.token(cast("mallory")))
    assert outcomes[TOO_FAST] > outcomes[WELCOME] > 0, outcomes
    await asyncio.to_thread(eventually, lambda: lets_in(attacked_stack, cast("carol")), "others are let in", seconds=60)


def lets_in(live: LiveStack, user: str) -> bool:
    """Try once, and pause after a refusal as clients are told to: who goes on at once stays out."""
    with suppress(OSError):
        if connect_once(live, live.token(user)) == WELCOME:
            return True
    time.sleep(1)
    return False
