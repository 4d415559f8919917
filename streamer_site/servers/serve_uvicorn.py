"""``python -m streamer_site.servers.serve_uvicorn --fd N``: uvicorn on a listening socket that another process opened.

uvicorn's own ``--fd`` takes every socket for a UNIX one, and then does not switch Nagle's algorithm off on TCP: small
messages wait up to 40 ms.
"""

import argparse
import socket

from uvicorn import Config, Server

from streamer_site.servers.limits import KEEP_ALIVE_SECONDS, MAX_MESSAGE_BYTES, PING_SECONDS, PONG_SECONDS

_APPLICATION = "streamer_site.asgi:application"
# Seconds for answers under way when the server stops. The sockets are closed before.
_STOP_SECONDS = 3


def configuration() -> Config:
    """Return the settings of uvicorn that match those of Daphne in the local stack."""
    return Config(
        _APPLICATION,
        lifespan="off",
        # Django configures the logs. Access logs would hold tokens that older clients put into the query string.
        log_config=None,
        access_log=False,
        server_header=False,
        # Django decides whom to believe about addresses (TRUST_PROXY).
        proxy_headers=False,
        ws_max_size=MAX_MESSAGE_BYTES,
        ws_ping_interval=PING_SECONDS,
        ws_ping_timeout=PONG_SECONDS,
        # A small compressed message may unpack to a large one.
        ws_per_message_deflate=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_STOP_SECONDS,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Serve Streamer with uvicorn.")
    parser.add_argument("--fd", type=int, required=True, help="the descriptor of a listening socket")
    listener = socket.socket(fileno=parser.parse_args().fd)
    Server(configuration()).run([listener])


if __name__ == "__main__":
    main()
