"""Times that the tests measured, for a person to read."""

import statistics
from collections import defaultdict


class Figures:
    def __init__(self) -> None:
        self._seconds: defaultdict[str, list[float]] = defaultdict(list)

    def add(self, name: str, seconds: float) -> None:
        self._seconds[name].append(seconds)

    def lines(self) -> list[str]:
        """One for each name, with milliseconds."""
        return [
            f"{name:<48} median {1000 * statistics.median(times):8.1f} ms   "
            f"slowest {1000 * max(times):8.1f} ms   of {len(times)}"
            for name, times in sorted(self._seconds.items())
        ]
