"""Define the stages of a report and the share of the percentage that each has."""

from dataclasses import dataclass
from enum import Enum

from jobs.handler import Context


class Stage(Enum):
    """A stage: its name, and the percentages at its beginning and its end."""

    QUERYING = ("querying", 0.0, 30.0)
    PROCESSING = ("processing", 30.0, 60.0)
    GENERATING = ("generating", 60.0, 90.0)
    STORING = ("storing", 90.0, 100.0)


@dataclass(frozen=True, kw_only=True)
class Share:
    """A part of a stage, from 0 to 1."""

    first: float = 0.0
    last: float = 1.0

    def part(self, first: float, last: float) -> "Share":
        """Return a part of this share."""
        width = self.last - self.first
        return Share(first=self.first + first * width, last=self.first + last * width)


WHOLE = Share()


class Progress:
    """Reports true counts as percentages. Every message says what is counted, how much is done, and of how much."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def report(
        self, stage: Stage, done: int, total: int, message: str, *, share: Share = WHOLE, **counts: int | str
    ) -> None:
        """Report that ``done`` of ``total`` units of ``share`` of ``stage`` are done. A total of 0 counts as done."""
        name, first, last = stage.value
        reached = share.first + (min(1.0, done / total) if total else 1.0) * (share.last - share.first)
        self._context.report(round(first + reached * (last - first), 2), message, stage=name, **counts)

    def check(self) -> None:
        self._context.check()
