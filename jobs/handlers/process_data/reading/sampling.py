"""Choose the rows a model learns from: all, or a sample of a large table.

The same rows and the same seed give the same sample.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from jobs.handler import OpenTable
from jobs.handlers.process_data.learning.features.rare_classes import MAX_CLASSES, fold_rare
from jobs.handlers.process_data.learning.features.target import too_many_classes
from jobs.handlers.process_data.learning.features.values import is_missing, labels, numbers
from jobs.handlers.process_data.learning.options import LearningOptions, Rare
from jobs.handlers.process_data.learning.supervised.partition import sample_positions
from jobs.handlers.process_data.payload import Pipeline
from jobs.handlers.process_data.reading.frame import read_column, read_frame
from jobs.handlers.process_data.stages import Progress, Stage

if TYPE_CHECKING:
    import pandas as pd

MAX_ROWS = 400_000
"""scikit-learn holds the rows in memory several times over, and more rows would improve a model little."""
_MAX_FOLDED_CLASSES = 100_000
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
    notes: tuple[str, ...] = ()
    """Sentences for people about classes of the whole table."""


def sample_rows(table: OpenTable, pipeline: Pipeline, options: LearningOptions, progress: Progress) -> Sample:
    names = _needed(table, options)
    limit = min(MAX_ROWS, max(_MIN_ROWS, _MAX_CELLS // len(names)))
    if table.rows <= limit:
        return Sample(frame=read_frame(table, names, None, progress), positions=None)
    target = _Target(table.rows, is_class=pipeline == "classification", rare=options.rare)
    if options.target is not None:
        target.read(table, options.target, progress)
        target.fold_rare_classes()
    present = np.flatnonzero(target.is_there)
    chosen = present[sample_positions(target.classes[present], len(target.names), limit=limit, seed=options.seed)]
    text = f"Sampled {len(chosen):,} of {table.rows:,} rows to learn from"
    progress.report(Stage.CHOOSING, 0, table.rows, text, drawn=len(chosen), rows=table.rows)
    frame = read_frame(table, names, chosen, progress)
    return Sample(frame=frame, positions=chosen, predictable=target.is_readable, notes=target.notes)


def _needed(table: OpenTable, options: LearningOptions) -> list[str]:
    """List the columns that learning uses, in the table's order."""
    named = {*(options.features or table.columns), options.target, options.label}
    return [name for name in table.columns if name in named]


class _Target:
    """The target of every row, read batch by batch. Without a target, all rows are alike."""

    def __init__(self, rows: int, *, is_class: bool, rare: Rare) -> None:
        self._is_class, self._rare = is_class, rare
        self._name: object = None
        self.notes: tuple[str, ...] = ()
        self.names: dict[str, int] = {}
        self.classes = np.zeros(rows, dtype=np.int32)
        self.is_there = np.ones(rows, dtype=bool)
        self.is_readable = self.is_there

    def read(self, table: OpenTable, name: str, progress: Progress) -> None:
        self.is_readable = np.ones(table.rows, dtype=bool)
        self._name = name
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

    def fold_rare_classes(self) -> None:
        """Give rare classes the number of their group, or leave their rows out, as the learner will do it."""
        if not self._is_class:
            return
        counts = np.bincount(self.classes[self.is_there], minlength=len(self.names))
        folded = fold_rare(dict(zip(self.names, map(int, counts), strict=True)), self._rare, self._name)
        kept = len(self.names) - len(folded.names)
        if kept > MAX_CLASSES:
            raise too_many_classes(self._name, f"{kept:,}")
        self.notes = folded.notes
        numbers: dict[str, int] = {}
        new = np.full(len(self.names) + 1, -1, dtype=np.int32)  # the last one is of rows without a target
        for label, old in self.names.items():
            if (name := folded.names.get(label, label)) is not None:
                new[old] = numbers.setdefault(name, len(numbers))
        self.names, self.classes = numbers, new[self.classes]
        self.is_there = self.is_readable = self.classes >= 0

    def _numbered(self, values: "pd.Series[Any]") -> list[int]:
        found = [-1 if label is None else self.names.setdefault(label, len(self.names)) for label in labels(values)]
        if len(self.names) > (MAX_CLASSES if self._rare == "fail" else _MAX_FOLDED_CLASSES):
            raise too_many_classes(values.name, f"more than {MAX_CLASSES}")
        return found
