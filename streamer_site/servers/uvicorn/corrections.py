"""All corrections of uvicorn."""

from streamer_site.servers.uvicorn import frames, handshakes, heads, responses, sockets


def install() -> None:
    """Patch uvicorn. Call it once per process, before the server starts."""
    for matter in (sockets, frames, heads, handshakes, responses):
        matter.install()
