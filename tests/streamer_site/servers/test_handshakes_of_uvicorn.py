"""A client of uvicorn that leaves during its handshake: the application learns of it as of any client that is gone."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from uvicorn import Config
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

from streamer_site.servers.uvicorn import corrections

HANDSHAKE = (
    b"GET /ws/ HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


class ClosingTransport(asyncio.Transport):
    """A transport whose client has just gone. ``connection_lost`` comes in the loop's next round."""

    def is_closing(self) -> bool:
        return True

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def write(self, data: Any) -> None: ...

    def close(self) -> None: ...

    def abort(self) -> None: ...


async def test_the_accept_of_a_client_that_is_gone_says_so() -> None:
    corrections.install()
    raised: list[type[BaseException]] = []

    async def application(scope: Any, receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
        try:
            await send({"type": "websocket.accept"})
        except OSError as error:
            raised.append(type(error))

    config = Config(application, log_config=None, lifespan="off")
    config.load()
    state = ServerState()
    protocol = WebSocketsSansIOProtocol(config=config, server_state=state, app_state={})
    protocol.connection_made(ClosingTransport())
    protocol.data_received(HANDSHAKE)
    await asyncio.gather(*state.tasks)
    assert raised == [ClientDisconnected]
