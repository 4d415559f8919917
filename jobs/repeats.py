"""Marks lines of the log that may come again and again, such as those about a server that is away.

``logger.warning(…, extra=REPEATS)``: Streamer's own logging then writes the line once a minute, with the number of
those that were left out. Another logging configuration writes them all.
"""

from typing import Any, Final

ATTRIBUTE: Final = "may_repeat"
REPEATS: Final[dict[str, Any]] = {ATTRIBUTE: True}
