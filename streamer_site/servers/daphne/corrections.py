"""All corrections of Daphne."""

from streamer_site.servers.daphne import (
    accepts,
    bodies,
    connections,
    flow,
    frames,
    handshakes,
    heads,
    responses,
    sockets,
)


def install() -> None:
    """Patch Daphne. Call it once per process, before the server starts."""
    for matter in (accepts, connections, bodies, flow, sockets, frames, heads, handshakes, responses):
        matter.install()
