"""The versions of the protocol, as subprotocols of the handshake. Pure."""

from collections.abc import Sequence
from typing import Final

from jobs.errors import ErrorBody, ErrorCode, error_body

SUPPORTED: Final = ("streamer.v1",)
"""The versions that this server speaks, the preferred one first."""
BEARER: Final = "bearer."
"""The beginning of a subprotocol that holds a token."""


class UnsupportedVersion(Exception):
    """The client offers versions, and none that the server speaks."""

    @property
    def body(self) -> ErrorBody:
        text = f"The client offers only subprotocols that this server does not speak; it speaks {', '.join(SUPPORTED)}"
        return error_body(ErrorCode.VALIDATION_ERROR, text, details={"supported": list(SUPPORTED)})


def choose_version(offered: Sequence[str]) -> str | None:
    """Return the subprotocol for the answer, or None for a client that offers none.

    A client that offers none gets the first version that there was. Raises ``UnsupportedVersion``.
    """
    versions = [name for name in offered if not name.startswith(BEARER)]
    for name in SUPPORTED:
        if name in versions:
            return name
    if versions:
        # It would take the messages for those of its own version.
        raise UnsupportedVersion
    return None
