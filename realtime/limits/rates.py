"""Rates as people write them, such as ``30/min``. Pure, so that the settings can import it."""

import re

_RATE = re.compile(r"([1-9]\d{0,5})/(s|m|h|d)[a-z]*")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def parse_rate(rate: str) -> tuple[int, int]:
    """Return the attempts and the seconds of a rate such as ``30/min``; ``0`` is no limit. Raises ``ValueError``."""
    if rate == "0":
        return 0, 0
    match = _RATE.fullmatch(rate)
    if match is None:
        raise ValueError("the units are s, min, hour and day")
    return int(match[1]), _SECONDS[match[2]]
