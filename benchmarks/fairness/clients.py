"""Clients of the stack under test, each from an address of this machine that is its own."""

import json
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection


def open_socket(url: str, token: str, address: str) -> AbstractAsyncContextManager[ClientConnection]:
    """Open a socket from ``address``, which must be one of the loopback network."""
    protocols = [websockets.Subprotocol(name) for name in ("streamer.v1", f"bearer.{token}")]
    connecting = websockets.connect(
        url, subprotocols=protocols, proxy=None, max_size=None, compression=None, local_addr=(address, 0)
    )
    opened: AbstractAsyncContextManager[ClientConnection] = connecting
    return opened


async def hear(socket: ClientConnection) -> Mapping[str, Any]:
    message: Mapping[str, Any] = json.loads(await socket.recv())
    return message
