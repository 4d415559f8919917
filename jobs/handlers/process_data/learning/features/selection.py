"""Select the columns to learn from, and give every column a unique name."""

from collections.abc import Iterable, Sequence

import pandas as pd

from jobs.handler import Permanent
from jobs.handlers.process_data.learning.features.columns import Column, infer_column, used
from jobs.handlers.process_data.learning.options import LearningOptions
from jobs.handlers.process_data.learning.steps import Steps


def with_unique_names(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with unique names as texts. Repeated names get a number: a, a.1, a.2 …"""
    names: list[str] = []
    taken = set(map(str, frame.columns))
    for name in map(str, frame.columns):
        free, number = name, 0
        while free in names or (number and free in taken):
            number += 1
            free = f"{name}.{number}"
        names.append(free)
    return frame.set_axis(names, axis=1).reset_index(drop=True)


def feature_names(frame: pd.DataFrame, options: LearningOptions, *, without: Iterable[str | None]) -> list[str]:
    """List the names of the features. Raises ``Permanent`` for a name that the table does not have."""
    excluded = {name for name in without if name is not None}
    for name in (*excluded, *(options.features or ())):
        if name not in frame.columns:
            known = ", ".join(f"'{column}'" for column in list(frame.columns)[:20])
            raise Permanent(f"The data has no column '{name}'; it has: {known}")
    chosen = [str(name) for name in frame.columns if options.features is None or name in options.features]
    return [name for name in chosen if name not in excluded]


def infer_columns(
    frame: pd.DataFrame, names: Sequence[str], options: LearningOptions, steps: Steps
) -> tuple[Column, ...]:
    """Infer the kind of each feature column. Raises ``Permanent`` if no column is left to learn from."""
    columns = []
    for done, name in enumerate(names, start=1):
        steps.check()
        column = infer_column(frame[name], is_asked_for=options.features is not None)
        columns.append(column)
        text = f"Column {done:,} of {len(names):,}: {name[:60]} ({column.kind.value})"
        steps.features(done, len(names), text, columns=done, columns_total=len(names))
    if not used(columns):
        why = "; ".join(f"'{column.name[:40]}' is {_why(column)}" for column in columns[:10]) or "there is none"
        raise Permanent(f"No column is left to learn from: {why}")
    return tuple(columns)


def _why(column: Column) -> str:
    return {"constant": "constant", "empty": "empty", "identifier": "an identifier"}.get(column.kind, "nested")
