"""Measure the permutation importance of columns: the loss of score when a column is shuffled."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from jobs.handlers.process_data.learning.features.typed_frame import names_in_typed
from jobs.handlers.process_data.learning.models.model import Model
from jobs.handlers.process_data.learning.steps import Steps
from jobs.handlers.process_data.learning.supervised.partition import sample_positions

_MAX_ROWS, _MAX_COLUMNS, _SHUFFLES = 1_000, 100, 3


def permutation_importances(
    model: Model,
    typed: pd.DataFrame,
    truth: Any,
    *,
    predict: Callable[[Model, pd.DataFrame], Any],
    score: Callable[[Any, Any], float],
    seed: int,
    steps: Steps,
) -> list[dict[str, Any]]:
    """Return ``[{column, importance}]``, largest first. The importance is the loss in ``score`` on the test part."""
    random = np.random.default_rng(seed)
    chosen = sample_positions(truth, len(model.classes), limit=_MAX_ROWS, seed=seed)
    typed, truth = typed.iloc[chosen], truth[chosen]
    whole = score(truth, predict(model, typed))
    found = []
    for position, column in enumerate(model.used[:_MAX_COLUMNS]):
        steps.check()
        names = names_in_typed(position, column)
        orders = [random.permutation(len(typed)) for _ in range(_SHUFFLES)]
        shuffled = pd.concat([typed] * _SHUFFLES, ignore_index=True)
        shuffled[names] = np.concatenate([typed[names].to_numpy()[order] for order in orders])
        parts = np.split(predict(model, shuffled), _SHUFFLES)
        loss = whole - float(np.mean([score(truth, part) for part in parts]))
        found.append({"column": column.name, "importance": float(f"{loss:.4g}")})
    return sorted(found, key=lambda item: -float(item["importance"]))
