"""Define the stages of every pipeline and the share of the percentage that each has."""

from collections.abc import Mapping
from enum import Enum
from typing import Any

from jobs.handler import Context

_HALFWAY_ROWS = 100_000


class Stage(Enum):
    """A stage: its name, and the percentages at its beginning and its end. Learning splits the second into three."""

    INGESTION = ("ingestion", 0.0, 20.0)
    PREPROCESSING = ("preprocessing", 20.0, 40.0)
    TARGETS = ("preprocessing", 20.0, 26.0)
    CHOOSING = ("preprocessing", 26.0, 34.0)
    PREPARING = ("preprocessing", 34.0, 40.0)
    FEATURES = ("feature_engineering", 40.0, 60.0)
    MODEL = ("model", 60.0, 85.0)
    OUTPUT = ("output", 85.0, 98.0)
    STORING = ("output", 98.0, 100.0)


class Progress:
    """Reports true counts as percentages. Implements ``Steps`` for the pipelines that learn."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def report(self, stage: Stage, done: int, total: int | None, text: str, **counts: Any) -> None:
        """Report that ``done`` of ``total`` units of ``stage`` are done. A total of 0 counts as done.

        If the total is unknown (None), the share approaches the whole as ``done`` grows.
        """
        name, first, last = stage.value
        known = min(1.0, done / total) if total else 1.0
        share = known if total is not None else done / (done + _HALFWAY_ROWS)
        percentage = round(first + share * (last - first), 2)
        self._context.report(percentage, text, **{**counts, "stage": name, "done": done, "total": total})

    def operation(self, number: int, of: int, share: float, text: str, **counts: Any) -> None:
        """Report that ``share`` (0–1) of operation ``number`` (1, 2, …) is done.

        Operations use the percentages of the stages features and model as one range, because they train no model.
        """
        name, first, middle = Stage.FEATURES.value
        later, _, last = Stage.MODEL.value
        percentage = round(first + (number - 1 + share) / of * (last - first), 2)
        self._context.report(percentage, text, **{**counts, "stage": name if percentage < middle else later})

    def preprocessing(self, done: int, total: int, text: str, **counts: Any) -> None:
        self.report(Stage.PREPARING, done, total, text, **counts)

    def features(self, done: int, total: int, text: str, **counts: Any) -> None:
        self.report(Stage.FEATURES, done, total, text, **counts)

    def model(self, done: int, total: int, text: str, **counts: Any) -> None:
        self.report(Stage.MODEL, done, total, text, **counts)

    def partial(self, data: Mapping[str, Any]) -> None:
        self._context.partial(data)

    def check(self) -> None:
        self._context.check()
