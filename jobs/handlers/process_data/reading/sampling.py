"""Choose the rows a model learns from: all, or a sample of a large table.

The same rows and the same seed give the same sample.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from jobs.handler import OpenTable
from jobs.handlers.process_data.learning.features.target import MAX_CLASSES, too_many_classes
from jobs.handlers.process_data.learning.features.values import is_missing, labels, numbers
from jobs.handlers.process_data.learning.options import LearningOptions
from jobs.handlers.process_data.learning.supervised.partition import sample_positions
from jobs.handlers.process_data.payload import Pipeline
from jobs.handlers.process_data.reading.frame import read_column, read_frame
from jobs.handlers.process_data.stages import Progress, Stage

if TYPE_CHECKING:
    import pandas as pd

MAX_ROWS = 400_000
"""scikit-learn holds the rows in memory several times over, and more rows would improve a model little."""
_MAX_CELLS, _MIN_ROWS = 4_000_000, 40_000
"""A table with many columns gives fewer rows."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    frame: "pd.DataFrame"
    """The rows to learn from, with the columns that learning needs."""
    positions: Any
    """Positions of these rows in the table, in ascending order. None: the sample is the whole table."""
    predictable: Any = None
    """A mask of the table's rows that get a prediction: those with a target. None if the sample is the whole table."""


def sample_rows(table: OpenTable, pipeline: Pipeline, options: LearningOptions, progress: Progress) -> Sample:
    names = _needed(table, options)
    limit = min(MAX_ROWS, max(_MIN_ROWS, _MAX_CELLS // len(names)))
    if table.rows <= limit:
        return Sample(frame=read_frame(table, names, None, progress), positions=None)
    target = _Target(table.rows, is_class=pipeline == "classification")
    if options.target is not None:
        target.read(table, options.target, progress)
    present = np.flatnonzero(target.is_there)
    chosen = present[sample_positions(target.classes[present], len(target.names), limit=limit, seed=options.seed)]
    text = f"Sampled {len(chosen):,} of {table.rows:,} rows to learn from"
    progress.report(Stage.CHOOSING, 0, table.rows, text, drawn=len(chosen), rows=table.rows)
    frame = read_frame(table, names, chosen, progress)
    return Sample(frame=frame, positions=chosen, predictable=target.is_readable)


def _needed(table: OpenTable, options: LearningOptions) -> list[str]:
    """List the columns that learning uses, in the table's order."""
    named = {*(options.features or table.columns), options.target, options.label}
    return [name for name in table.columns if name in named]


class _Target:
    """The target of every row, read batch by batch. Without a target, all rows are alike."""

    def __init__(self, rows: int, *, is_class: bool) -> None:
        self._is_class = is_class
        self.names: dict[str, int] = {}
        self.classes = np.zeros(rows, dtype=np.int32)
        self.is_there = np.ones(rows, dtype=bool)
        self.is_readable = self.is_there

    def read(self, table: OpenTable, name: str, progress: Progress) -> None:
        self.is_readable = np.ones(table.rows, dtype=bool)
        for first, values in read_column(table, name):
            here = slice(first, first + len(values))
            if self._is_class:
                self.classes[here] = self._numbered(values)
                self.is_there[here] = self.is_readable[here] = self.classes[here] >= 0
            else:
                self.is_there[here] = ~is_missing(values).to_numpy()
                self.is_readable[here] = ~np.isnan(numbers(values))
            text = f"Read the target of {here.stop:,} of {table.rows:,} rows"
            progress.report(Stage.TARGETS, here.stop, table.rows, text)

    def _numbered(self, values: "pd.Series[Any]") -> list[int]:
        found = [-1 if label is None else self.names.setdefault(label, len(self.names)) for label in labels(values)]
        if len(self.names) > MAX_CLASSES:
            raise too_many_classes(values.name, f"more than {MAX_CLASSES}")
        return found
