"""Ten thousand messages of a topic, of which one follower reads none: nobody else notices, and no number is lost.

Numbered messages wait for it in the history. Those of a topic without one are left out, for it alone.
"""

import asyncio
import json
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from tests.acceptance.client import Client, connect
from tests.hostile.bystander import EchoTimes, assert_undisturbed
from tests.hostile.memory import MIB, peak_bytes, reset_peak
from tests.hostile.raw import PING, PONG, RawSocket, frame, raw_socket
from tests.hostile.sockets.flooding import SMALL_BUFFER_BYTES
from tests.live import LiveStack

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
# Kind of topic → number of messages, and bytes of each: more than may wait for a client.
_FLOODS = {"feeds": (10_000, 2_500), "news": (1_500, 20_000)}
_CALM_COUNT = 1_000
_PAUSE_SECONDS = 0.002
# The outbox, and what a page of the log takes.
_MOST_BYTES = 64 * MIB
# Publishes to one topic, then to another, and prints the seconds that each message took.
_PUBLISHER = """
import json, time
from realtime.topics import publish

def publish_all(topic, count):
    seconds = []
    for number in range(count):
        # As fast as the followers read, or their own queue is all that is measured.
        time.sleep({pause} if number % 4 == 0 else 0)
        begun = time.monotonic()
        publish(topic, {{"sent_at": begun, "text": "x" * {size}}})
        seconds.append(time.monotonic() - begun)
    return seconds

print(json.dumps([publish_all(topic, count) for topic, count in {topics!r}]))
"""


async def publish(live: LiveStack, size: int, *topics: tuple[str, int]) -> list[EchoTimes]:
    """Publish from a process of its own. Return, for each topic, the times of its messages."""
    script = _PUBLISHER.format(size=size, topics=topics, pause=_PAUSE_SECONDS * size / 2_500)
    told = await asyncio.to_thread(live.stack.manage, "shell", "--verbosity", "0", "-c", script)
    return [EchoTimes(seconds) for seconds in json.loads(told.splitlines()[-1])]


class Reader:
    """A follower that reads. It keeps the numbers of the flooded topic, and how long each message took to come."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def follow(self, *topics: str) -> None:
        for topic in topics:
            assert (await self._client.ask("subscribe", topic=topic))["type"] == "subscribed"

    async def read(self, topic: str, count: int) -> tuple[list[int | None], EchoTimes]:
        await self._client.until(lambda: self._is_last_there(topic, count), f"{count} messages", seconds=60)
        own = [one for one in self._client.received if _is_of(topic, one.message)]
        delays = [one.at - one.message["data"]["sent_at"] for one in own]
        return [one.message.get("seq") for one in own], EchoTimes(delays)

    def _is_last_there(self, topic: str, count: int) -> bool:
        # Most looks are at far fewer messages, and need not go through them.
        received = self._client.received
        return len(received) >= count and sum(_is_of(topic, one.message) for one in received) >= count


def _is_of(topic: str, message: Any) -> bool:
    return message["type"] == "message" and message["topic"] == topic


@pytest.mark.parametrize("kind", _FLOODS)
async def test_who_never_reads(attacked_stack: LiveStack, cast: Callable[[str], str], kind: str) -> None:
    count, size = _FLOODS[kind]
    tenant = f"tenant-{uuid.uuid4().hex[:8]}"
    calm = f"tenant.{tenant}.feeds.calm"
    flooded = f"tenant.{tenant}.feeds.flooded" if kind == "feeds" else f"tenant.{tenant}.news"
    (pid,) = attacked_stack.stack.pids("web-1")
    token = attacked_stack.token(cast("mallory"), tenant)
    async with (
        connect(attacked_stack, cast("bob"), tenant=tenant) as beside,
        connect(attacked_stack, cast("carol"), tenant=tenant, server=1) as spared,
    ):
        near, far = Reader(beside), Reader(spared)
        for reader in (near, far):
            await reader.follow(calm, flooded)
        with raw_socket(attacked_stack, token, receive_buffer_bytes=SMALL_BUFFER_BYTES) as raw:
            subscribe(raw, flooded)
            reset_peak(pid)
            before = peak_bytes(pid)
            usually, attacked = await publish(attacked_stack, size, (calm, _CALM_COUNT), (flooded, count))
            assert_undisturbed(usually, attacked)
            _, usual = await near.read(calm, _CALM_COUNT)
            wanted = list(range(1, count + 1)) if kind == "feeds" else [None] * count
            numbers, delays = await near.read(flooded, count)
            far_numbers, far_delays = await far.read(flooded, count)
            assert numbers == far_numbers == wanted
            # What the spared process delays too is the machine, or this process.
            assert_undisturbed(EchoTimes(usual.seconds + far_delays.seconds), delays)
            assert peak_bytes(pid) - before < _MOST_BYTES
            if kind == "feeds":
                numbers = await asyncio.to_thread(read_on, raw, 0)
        if kind == "feeds":
            while len(numbers) < count:  # it was ended, as one that answers no ping
                with raw_socket(attacked_stack, token) as raw:
                    subscribe(raw, flooded, after_seq=len(numbers))
                    numbers += await asyncio.to_thread(read_on, raw, len(numbers))
            assert numbers == wanted


def subscribe(raw: RawSocket, topic: str, **fields: int) -> None:
    raw.send(frame(json.dumps({"type": "subscribe", "topic": topic, **fields}).encode()))
    answer = raw.read_frame()
    assert answer is not None and b'"subscribed"' in answer.payload


def read_on(raw: RawSocket, after_seq: int) -> list[int | None]:
    """Read at last, up to the last message or the end of the connection. Return the numbers."""
    numbers: list[int | None] = []
    while after_seq + len(numbers) < _FLOODS["feeds"][0] and (received := raw.read_frame()) is not None:
        if received.opcode == PING:
            with suppress(ConnectionError):  # ended meanwhile; what had come is read on, up to the end
                raw.send(frame(received.payload, PONG))
        elif b'"type":"message"' in received.payload:
            numbers.append(json.loads(received.payload)["seq"])
    return numbers
