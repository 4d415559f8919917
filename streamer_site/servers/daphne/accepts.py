"""Makes Daphne take few new connections in a turn of the event loop, so that a flood of them leaves turns to others.

By itself, Twisted takes more and more in a turn while they come: hundreds, for which all open sockets wait.

The patched place is internal to Twisted: requirements.lock pins it, and a test uses a real server.
"""

from typing import Any

from twisted.internet.tcp import Port

_MAX_IN_A_TURN = 2


def install() -> None:
    """Patch Twisted. Call it once per process, before the server starts."""
    port: Any = Port
    if getattr(port, "_streamer_accepts", False):
        return
    do_read = port.doRead

    def doRead(self: Any) -> None:
        self.numberAccepts = min(self.numberAccepts, _MAX_IN_A_TURN)
        do_read(self)

    port.doRead = doRead
    port._streamer_accepts = True
