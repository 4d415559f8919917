"""Makes Daphne look, each second, at those connections alone that have ended, and not at all there are.

The patched places are internal to Daphne: requirements.txt pins the version, and a test uses a real server.
"""

import asyncio
from typing import Any

from daphne.server import Server


def install() -> None:
    """Patch Daphne. Call it once per process, before the server starts."""
    server: Any = Server
    if getattr(server, "_streamer_connections", False):
        return
    check, disconnected, create = server.application_checker, server.protocol_disconnected, server.create_application

    def protocol_disconnected(self: Any, protocol: Any) -> None:
        disconnected(self, protocol)
        _ended(self).add(protocol)

    def create_application(self: Any, protocol: Any, scope: Any) -> Any:
        queue = create(self, protocol, scope)
        application: asyncio.Future[Any] | None = self.connections.get(protocol, {}).get("application_instance")
        if application is not None:
            application.add_done_callback(lambda _: _ended(self).add(protocol))
        return queue

    def application_checker(self: Any) -> None:
        everything, ended = self.connections, _ended(self)
        looked_at = {protocol: everything[protocol] for protocol in ended if protocol in everything}
        self.connections = dict(looked_at)
        try:
            check(self)
        finally:
            left, self.connections = self.connections, everything
            for protocol in looked_at.keys() - left.keys():
                del everything[protocol]
            # Those that have disconnected but whose application has not ended, or the other way round.
            ended.intersection_update(left)

    server.protocol_disconnected = protocol_disconnected
    server.create_application = create_application
    server.application_checker = application_checker
    server._streamer_connections = True


def _ended(server: Any) -> set[Any]:
    found: set[Any] = server.__dict__.setdefault("_streamer_ended", set())
    return found
