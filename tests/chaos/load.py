"""Several clients with mixed requests: one wave before the fault, one after it."""

import asyncio
import random
import time
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

import jwt

from tests.chaos.client import ChaosClient, end_all
from tests.chaos.stream import Balance, Stream, Wanted

_REPORT = {"start_date": "2025-03-01", "end_date": "2025-05-31", "source": "sample", "include_charts": False}
_TOKEN_SECONDS = 3600
_ANSWER_SECONDS = 1.0
# Of four clients two keep their server, and two change it after this number of messages.
_WANDERING = (0, 9, 0, 5)


def first_wave() -> list[list[Wanted]]:
    """Return the requests that each client sends at once."""
    return [
        [_steps(2.0), _echo(), Wanted(action="chaos_file")],
        [_steps(1.5), Wanted(action="chaos_second_time"), _echo()],
        [Wanted(action="chaos_steps", payload={"steps": 40, "seconds": 3.0}, cancel=True), _delay()],
        [Wanted(action="generate_report", payload={**_REPORT, "format": "excel"}), _steps(1.5)],
    ]


def second_wave() -> list[list[Wanted]]:
    """Return the requests that each client sends as soon as the fault was raised."""
    return [[_steps(0.5), _echo()], [_delay()], [Wanted(action="chaos_file")], [_echo(), _steps(0.5)]]


def _steps(seconds: float) -> Wanted:
    return Wanted(action="chaos_steps", payload={"steps": 20, "seconds": seconds})


def _echo() -> Wanted:
    return Wanted(action="echo_async", payload={"message": "still here?"})


def _delay() -> Wanted:
    return Wanted(action="delay", payload={"seconds": 1, "steps": 10})


class Load:
    """``async with Load(…) as load``: the clients are connected, or trying to be, inside the block."""

    def __init__(self, urls: Sequence[str], signing_key: str, rng: random.Random) -> None:
        tokens = [token_of(f"chaos-{number}", f"tenant-{number % 2}", signing_key) for number in range(len(_WANDERING))]
        self._rng = rng
        self.clients = [
            ChaosClient(rng.sample(urls, len(urls)), token, wander_after=after)
            for token, after in zip(tokens, _WANDERING, strict=True)
        ]

    @property
    def streams(self) -> list[Stream]:
        return [stream for client in self.clients for stream in client.streams.values()]

    async def __aenter__(self) -> Self:
        self._running = [asyncio.create_task(client.run()) for client in self.clients]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await end_all(self._running)

    async def ask(self, wave: Sequence[Sequence[Wanted]]) -> None:
        """Each client sends its part; the clients in an order that the seed gives."""
        pairs = list(zip(self.clients, wave, strict=True))
        self._rng.shuffle(pairs)
        for client, wanted in pairs:
            for one in wanted:
                await client.ask(one)

    async def until_ended(self, seconds: float) -> bool:
        """Wait until all requests have ended. Return False when one has no final message by then."""
        ending = asyncio.create_task(self._all_ended())
        done, _ = await asyncio.wait({ending, *self._running}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        ending.cancel()
        for task in done - {ending}:
            task.result()  # raises what ended that client: it was told to stay away
        return ending in done

    async def _all_ended(self) -> None:
        for client in self.clients:
            await client.until_ended()

    async def cancel(self, request_id: str) -> None:
        """Have its client cancel that request. Return once the server has answered."""
        (client, stream) = next(
            (client, stream)
            for client in self.clients
            for stream in client.streams.values()
            if stream.request_id == request_id
        )
        while not stream.cancel_answered.is_set():
            await client.cancel(stream)
            with suppress(TimeoutError):  # the connection was lost before the answer
                await asyncio.wait_for(stream.cancel_answered.wait(), _ANSWER_SECONDS)

    def balance(self) -> Balance:
        return sum((stream.balance() for stream in self.streams), Balance())


def token_of(user: str, tenant: str, signing_key: str) -> str:
    claims = {"sub": user, "tenant_id": tenant, "permissions": ["*"], "exp": int(time.time()) + _TOKEN_SECONDS}
    return jwt.encode(claims, signing_key, "HS256")
