"""A channel layer that is as bad as it may be: it drops, doubles, delays and reorders, by a seed."""

import asyncio
import random
from dataclasses import dataclass
from typing import Any

from realtime.delivery.layer import BoundedPubSubLayer


@dataclass(frozen=True, kw_only=True)
class Losses:
    """Probabilities of what can happen to a message, each on its own."""

    drop: float = 0.0
    double: float = 0.0
    reorder: float = 0.0
    """The probability that a message is held back until the next one has passed."""
    delay: float = 0.0
    longest_delay_seconds: float = 0.3


class Distortion:
    """The changes that a seed makes to messages in a row. The caller keeps the time."""

    def __init__(self, losses: Losses, seed: int) -> None:
        self._losses = losses
        self._rng = random.Random(seed)
        self._held: list[Any] = []

    def distort(self, message: Any) -> list[tuple[float, Any]]:
        """Return the messages that arrive because of this one, each with its delay. A held one may wait for ever."""
        held, self._held = self._held, []
        if self._happens(self._losses.drop):
            copies = []
        else:
            copies = [message, message] if self._happens(self._losses.double) else [message]
        if copies and not held and self._happens(self._losses.reorder):
            self._held = copies
            return []
        return [(self._delay_seconds(), one) for one in (*copies, *held)]

    def _happens(self, probability: float) -> bool:
        return self._rng.random() < probability

    def _delay_seconds(self) -> float:
        if not self._happens(self._losses.delay):
            return 0.0
        return self._rng.uniform(0.0, self._losses.longest_delay_seconds)


class LossyPubSubLayer(BoundedPubSubLayer):
    """The lossy layer. ``CONFIG`` takes ``seed`` and ``losses`` (the fields of ``Losses``) beside the real layer's."""

    def __init__(self, *args: Any, seed: int = 1, losses: dict[str, float] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._losses = Losses(**(losses or {}))
        self._seed = seed
        self._arrived: dict[str, asyncio.Queue[Any]] = {}
        self._pumps: set[asyncio.Task[None]] = set()

    async def receive(self, channel: str) -> Any:
        """Return the next message of the channel that was not lost."""
        if channel not in self._arrived:
            self._arrived[channel] = asyncio.Queue()
            self._pumps.add(asyncio.get_running_loop().create_task(self._pump(channel)))
        message = await self._arrived[channel].get()
        if isinstance(message, Exception):
            raise message
        return message

    async def close_pumps(self) -> None:
        """Stop receiving, so that the loop can end."""
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    async def _pump(self, channel: str) -> None:
        loop = asyncio.get_running_loop()
        arrived = self._arrived[channel]
        distortion = Distortion(self._losses, self._seed)
        while True:
            try:
                message = await self._get_layer().receive(channel)
            except Exception as error:
                arrived.put_nowait(error)
                del self._arrived[channel]
                return
            for seconds, one in distortion.distort(message):
                if seconds:
                    loop.call_later(seconds, arrived.put_nowait, one)
                else:
                    arrived.put_nowait(one)
