"""Clients that ask without a pause, until they are told to end."""

import asyncio
import itertools
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from tests.chaos.client import ChaosClient, end_all
from tests.chaos.load import token_of
from tests.chaos.stream import Stream, Wanted

_CLIENTS = 4
_POLL_SECONDS = 0.02
_PAUSE_SECONDS = 0.1
# The long one outlasts the grace of a worker, which hands it back then.
_WORK = (
    Wanted(action="chaos_steps", payload={"steps": 20, "seconds": 1.0}),
    Wanted(action="echo_async", payload={"message": "still here?"}),
    Wanted(action="chaos_file"),
    Wanted(action="chaos_steps", payload={"steps": 50, "seconds": 5.0}),
    Wanted(action="chaos_second_time"),
)


class SteadyLoad:
    """``async with SteadyLoad(…) as load``: each client has one request under way all the time, and then the next.

    Every second client comes back when the server asks it to, the others at once.
    """

    def __init__(self, urls: Sequence[str], signing_key: str) -> None:
        """``urls`` may change meanwhile; who comes back takes one that is in it then."""
        tokens = [token_of(f"steady-{number}", f"tenant-{number % 2}", signing_key) for number in range(_CLIENTS)]
        self.clients = [ChaosClient(urls, token, heeds_goodbye=bool(number % 2)) for number, token in enumerate(tokens)]
        self._ends = False

    @property
    def streams(self) -> list[Stream]:
        return [stream for client in self.clients for stream in client.streams.values()]

    async def __aenter__(self) -> Self:
        self._connected = [asyncio.create_task(client.run()) for client in self.clients]
        self._asking = [asyncio.create_task(self._ask(client, index)) for index, client in enumerate(self.clients)]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await end_all([*self._connected, *self._asking])

    async def until_ended(self, seconds: float) -> bool:
        """Ask for nothing more, and wait for what is under way. Return False when something has not ended by then."""
        self._ends = True
        _, waiting = await asyncio.wait(self._asking, timeout=seconds)
        return not waiting

    async def _ask(self, client: ChaosClient, first: int) -> None:
        for wanted in itertools.islice(itertools.cycle(_WORK), first, None):
            if self._ends:
                return
            stream = await client.ask(wanted)
            while not stream.ended:
                await asyncio.sleep(_POLL_SECONDS)
            await asyncio.sleep(_PAUSE_SECONDS)
