"""Lets the application cut a connection: of a response that has no end, or of a client that does not read it.

The patched place is internal to uvicorn: requirements.txt pins the version, and a test uses a real server.
"""

from typing import Any

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from realtime.http.receiving.application import ABORT


def install() -> None:
    """Patch uvicorn. Call it once per process, before the first connection."""
    cycle: Any = RequestResponseCycle
    if getattr(cycle, "_streamer_responses", False):
        return
    run_asgi = cycle.run_asgi

    async def run(self: Any, app: Any) -> None:
        self.scope["extensions"] = {**self.scope.get("extensions", {}), ABORT: self.transport.abort}
        await run_asgi(self, app)

    cycle.run_asgi = run
    cycle._streamer_responses = True
