"""Another client of the same user, such as a script."""

import json

from websockets import Subprotocol
from websockets.sync.client import connect

from tests.live import LiveStack


def sent_elsewhere(live_stack: LiveStack, token: str, action: str, payload: dict[str, object]) -> str:
    """Send a request over a socket of its own, through the other web process, and return its id."""
    protocols = [Subprotocol("streamer.v1"), Subprotocol(f"bearer.{token}")]
    with connect(live_stack.ws_urls[-1], subprotocols=protocols, proxy=None) as socket:
        assert json.loads(socket.recv())["type"] == "welcome"
        socket.send(json.dumps({"action": action, "payload": payload}))
        acknowledgment = json.loads(socket.recv())
        assert acknowledgment["type"] == "acknowledgment", acknowledgment
        return str(acknowledgment["request_id"])
