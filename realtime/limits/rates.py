"""Rates as people write them, such as ``30/min``. Pure, so that the settings can import it."""

import re

_RATE = re.compile(r"([1-9]\d{0,5})/([a-z]+)")
_SECONDS = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), 86_400),
}


def parse_rate(rate: str) -> tuple[int, int]:
    """Return the attempts and the seconds of a rate such as ``30/min``; ``0`` is no limit. Raises ``ValueError``."""
    if rate == "0":
        return 0, 0
    match = _RATE.fullmatch(rate)
    if match is None or match[2] not in _SECONDS:
        raise ValueError("the units are s, min, hour and day")
    return int(match[1]), _SECONDS[match[2]]
