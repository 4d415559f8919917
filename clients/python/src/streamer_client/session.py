"""The shell around the conversation: it opens connections, carries messages, and keeps time."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from streamer_client.core.conversation import Conversation
from streamer_client.errors import StreamerError
from streamer_client.tokens import Tokens
from streamer_client.transports.channel import Channel, Ended, Unreachable

logger = logging.getLogger("streamer_client")

Dial = Callable[[str | None], Awaitable[Channel]]
"""Opens a channel with a token. Raises ``Unreachable``."""


class Session:
    """Runs one conversation on the event loop, until it is stopped."""

    def __init__(self, core: Conversation, dial: Dial, tokens: Tokens) -> None:
        self._core = core
        self._dial = dial
        self._tokens = tokens
        self._to_send = asyncio.Event()
        self._to_time = asyncio.Event()
        self._sleeps_until: float | None = None
        self._replaced = asyncio.Event()
        self.opened = asyncio.Event()
        """Set from the first ``welcome`` on."""
        self._channel: Channel | None = None
        self._background: set[asyncio.Task[None]] = set()

    @property
    def is_connected(self) -> bool:
        return self._core.phase == "open"

    def touch(self) -> None:
        """Carry out what the conversation wants now. To be called after each use of it."""
        self._to_send.set()
        if self.is_connected:
            self.opened.set()
        deadline = self._core.deadline
        if deadline is not None and (self._sleeps_until is None or deadline < self._sleeps_until):
            self._to_time.set()
        if self._core.take_token_wish():
            self._spawn(self._authenticate())

    async def run(self) -> None:
        """Connect, and connect again, until the conversation stops."""
        while self._core.phase != "stopped":
            await self._until_needed()
            await asyncio.sleep(max(0.0, self._core.connect_at - asyncio.get_running_loop().time()))
            channel = await self._open()
            if channel is not None:
                await self._hold(channel)

    async def close(self) -> None:
        """Close the open connection, if there is one."""
        if self._channel is not None:
            await self._channel.close()
        for task in self._background:
            task.cancel()

    def come_back(self) -> None:
        """Leave the open connection for a new one at once."""
        self._replaced.set()

    # --- inside --------------------------------------------------------------------------------------------------

    async def _until_needed(self) -> None:
        """Wait for the first use, once there was a connection that nobody misses."""
        while self.opened.is_set() and not self._core.is_needed and self._core.phase != "stopped":
            self._to_send.clear()
            await self._to_send.wait()

    async def _open(self) -> Channel | None:
        try:
            token = await self._tokens.get(force=self._core.needs_new_token)
            self._replaced.clear()  # whatever is better by now, this dial finds
            return await self._dial(token)
        except Unreachable as error:
            self._could_not_connect(error)
        except StreamerError as error:
            self._could_not_connect(Unreachable(str(error), final=None if error.retryable else error))
        except Exception as error:
            # A provider of tokens may raise anything. What it needs may be away for a while.
            logger.warning("There is no token to connect with: %r", error)
            self._core.disconnected()
        return None

    def _could_not_connect(self, error: Unreachable) -> None:
        logger.info("Not connected: %s", error)
        if error.final is not None:
            self._core.stop(error.final)
            return
        self._core.disconnected()
        if error.retry_after is not None:
            self._core.connect_at = max(self._core.connect_at, asyncio.get_running_loop().time() + error.retry_after)

    async def _hold(self, channel: Channel) -> None:
        """Talk until the connection ends, and note how it did."""
        self._channel = channel
        self._core.connecting()
        work = (self._read(channel), self._write(channel), self._keep_time(), self._replaced.wait())
        tasks = [asyncio.ensure_future(one) for one in work]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
            self._channel = None
            channel.abort()
        for end in ends:
            if isinstance(end, Exception) and not isinstance(end, Ended):
                raise end
        self._core.disconnected(next((end.code for end in ends if isinstance(end, Ended)), None))

    async def _read(self, channel: Channel) -> None:
        while True:
            message, size = await channel.receive()
            self._core.receive(message, size)
            self.touch()

    async def _write(self, channel: Channel) -> None:
        while True:
            await self._to_send.wait()
            self._to_send.clear()
            for frame in self._core.take_frames():
                await channel.send(frame)

    async def _keep_time(self) -> None:
        """Call the conversation when something is due. Returns when it gives the connection up."""
        while self._core.phase in ("connecting", "open"):
            self._to_time.clear()
            self._sleeps_until = self._core.deadline
            try:
                async with asyncio.timeout_at(self._sleeps_until):
                    await self._to_time.wait()
            except TimeoutError:
                self._core.tick()
                self.touch()

    async def _authenticate(self) -> None:
        if not self._tokens.can_renew:
            return  # the connection ends with the token, and the application learns it then
        try:
            token = await self._tokens.get(force=True)
        except Exception as error:
            logger.warning("There is no fresh token: %r", error)
            return
        if token:
            self._core.authenticate(token)
            self.touch()

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)
