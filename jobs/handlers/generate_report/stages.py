"""The stages of a report and the share of the percentage each has."""

from enum import Enum

from jobs.handler import Context


class Stage(Enum):
    """Name, and the percentages at its beginning and its end."""

    QUERYING = ("querying", 0.0, 30.0)
    PROCESSING = ("processing", 30.0, 60.0)
    GENERATING = ("generating", 60.0, 90.0)
    STORING = ("storing", 90.0, 100.0)


class Progress:
    """Reports true counts as percentages. Every message says how much of what is done."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def report(self, stage: Stage, done: int, total: int, message: str, **counts: int | str) -> None:
        """Say that ``done`` of ``total`` units of ``stage`` are done. A stage with nothing to do is done."""
        name, first, last = stage.value
        share = min(1.0, done / total) if total else 1.0
        self._context.report(round(first + share * (last - first), 2), message, stage=name, **counts)

    def check(self) -> None:
        self._context.check()
