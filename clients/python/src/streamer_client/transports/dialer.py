"""The choice of a transport for each new connection."""

import asyncio
import logging
from collections.abc import Callable
from typing import Literal

from streamer_client.address import Address
from streamer_client.core.fallback import Fallback
from streamer_client.errors import Unavailable
from streamer_client.events import Message
from streamer_client.tokens import Tokens
from streamer_client.transports.channel import Channel, Ended, Unreachable
from streamer_client.transports.http.api import HttpApi
from streamer_client.transports.http.channel import HttpChannel
from streamer_client.transports.http.pace import Pace, Way
from streamer_client.transports.websocket import Proxy, open_websocket

logger = logging.getLogger("streamer_client")

Transport = Literal["auto", "websocket", "stream", "poll"]
_WAYS: dict[Transport, Way] = {"auto": "stream", "websocket": "stream", "stream": "stream", "poll": "long_poll"}
_WELCOME_SECONDS = 15.0


class _Watched:
    """A WebSocket of which the dialer wants to know whether it ever brought anything."""

    def __init__(self, channel: Channel, on_heard: Callable[[], None]) -> None:
        self.was_heard = False
        self._channel = channel
        self._on_heard = on_heard
        self._first: tuple[Message, int] | None = None

    async def hear(self) -> None:
        """Wait for the first message, and keep it for who receives. Raises ``Ended``."""
        self._first = await self.receive()

    async def receive(self) -> tuple[Message, int]:
        if self._first is not None:
            first, self._first = self._first, None
            return first
        item = await self._channel.receive()
        if not self.was_heard:
            self.was_heard = True
            self._on_heard()
        return item

    async def send(self, message: Message) -> None:
        await self._channel.send(message)

    async def close(self) -> None:
        await self._channel.close()

    def abort(self) -> None:
        self._channel.abort()


class Dialer:
    """Opens WebSockets; or channels over HTTP, where WebSockets do not get through and HTTP does."""

    def __init__(self, address: Address, api: HttpApi, tokens: Tokens, *, transport: Transport, proxy: Proxy) -> None:
        self.on_better: Callable[[], None] = lambda: None
        """Called when a WebSocket is open again, which the next call returns."""
        self._address = address
        self._api = api
        self._tokens = tokens
        self._transport = transport
        self._proxy: Proxy = proxy
        self._fallback = Fallback(asyncio.get_running_loop().time)
        self._pace = Pace(_WAYS[transport])
        self._last: _Watched | None = None
        self._ready: _Watched | None = None
        self._retrying: asyncio.Task[None] | None = None

    async def dial(self, token: str | None) -> Channel:
        """Open a channel. Raises ``Unreachable``."""
        self._api.token = token
        if self._transport in ("stream", "poll"):
            return await self._open_http()
        if self._ready is not None:
            self._last, self._ready = self._ready, None
            return self._last
        if self._fallback.uses_http:
            return await self._open_http()
        return await self._open_websocket(token)

    async def close(self) -> None:
        if self._retrying is not None:
            self._retrying.cancel()
        await self._api.close()

    async def _open_websocket(self, token: str | None) -> Channel:
        """Open a WebSocket, or fall back to HTTP where WebSockets do not get through."""
        self._pace = Pace(_WAYS[self._transport])
        was_silent = self._last is not None and not self._last.was_heard
        self._last = None
        if was_silent:
            self._fallback.websocket_failed()
        if not (was_silent and self._may_fall_back):
            try:
                return await self._watched(token)
            except Unreachable as error:
                self._fallback.websocket_failed(error.status)
                if not self._may_fall_back:
                    raise
        return await self._fall_back()

    @property
    def _may_fall_back(self) -> bool:
        return self._transport == "auto" and self._fallback.suspects_websocket

    async def _fall_back(self) -> Channel:
        channel = await self._open_http()
        logger.warning("WebSockets do not get through; HTTP is used instead")
        self._fallback.http_works()
        self._retrying = asyncio.create_task(self._retry_websocket())
        return channel

    async def _watched(self, token: str | None) -> _Watched:
        socket = await open_websocket(self._address.websocket_url, token, proxy=self._proxy)
        self._last = _Watched(socket, self._fallback.websocket_worked)
        return self._last

    async def _open_http(self) -> Channel:
        """Open a channel over HTTP, if the service answers there. Raises ``Unreachable``."""
        # What was found out about streams counts for the next channel too, which comes after a poll that was cut.
        if self._pace.way != "long_poll":
            self._pace = Pace(_WAYS[self._transport])
        channel = HttpChannel(self._api, self._pace)
        try:
            answer = await self._api.call("GET", "api/requests/", params={"limit": 1}, read_seconds=_WELCOME_SECONDS)
        except Unavailable as error:
            raise Unreachable(str(error)) from None
        if answer.status == 401:
            channel.refuse(answer.error)
        elif answer.status >= 400:
            raise Unreachable(f"HTTP {answer.status}", status=answer.status, retry_after=_retry_after(answer.error))
        else:
            channel.welcome()
        return channel

    async def _retry_websocket(self) -> None:
        """Try the WebSocket every five minutes, until it works."""
        while (seconds := self._fallback.retry_in_seconds) is not None:
            await asyncio.sleep(seconds)
            try:
                async with asyncio.timeout(_WELCOME_SECONDS):
                    socket = await self._watched(await self._tokens.get())
                    await socket.hear()
            except (Unreachable, Ended, TimeoutError):
                self._fallback.http_works()
                continue
            self._ready = socket
            self.on_better()
            return


def _retry_after(error: Message | None) -> float | None:
    return (error or {}).get("retry_after")
