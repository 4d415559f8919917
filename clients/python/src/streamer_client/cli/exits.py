"""The exit codes of the command, and which error leads to which."""

from streamer_client.errors import ConnectionStopped, StreamerError, Unauthorized, Unavailable

SUCCESS = 0
FAILED = 1
"""The request failed, was cancelled or was refused."""
USAGE = 2
NO_CONNECTION = 3
"""The service cannot be reached, or does not accept the token."""
WITH_FAILURES = 4
"""The request completed, but some of its items failed."""
INTERRUPTED = 130
"""Ctrl-C, as shells number it."""


class UsageError(Exception):
    """The command line, or what it names, cannot be used. The text says why."""


def exit_code_of(error: StreamerError) -> int:
    is_connection = isinstance(error, ConnectionStopped | Unavailable)
    is_token = isinstance(error, Unauthorized) and error.code == "UNAUTHORIZED"
    return NO_CONNECTION if is_connection or is_token else FAILED
