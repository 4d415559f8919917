"""A port for a server that a test starts by its command, and that has to open it itself."""

import random
from contextlib import suppress

from streamer_site.local.ports import listen


def a_free_port() -> int:
    """Find a port that is free, as the next one is, below those among which other stacks of the machine choose."""
    for port in random.sample(range(10_000, 20_000, 2), 100):
        with suppress(OSError), listen(port), listen(port + 1):
            return port
    raise OSError("no free port between 10000 and 20000")
