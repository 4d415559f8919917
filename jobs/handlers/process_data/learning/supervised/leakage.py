"""Find features that give the target away: columns from which alone it can be told nearly without a fault.

Such a column is often known only after the target, so the scores of the model will not hold in use.
"""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from jobs.handlers.process_data.learning.features.columns import Column, Kind
from jobs.handlers.process_data.learning.features.typed_frame import NUMBERS, names_in_typed
from jobs.handlers.process_data.learning.steps import Steps
from jobs.handlers.process_data.learning.supervised.partition import sample_positions

_MAX_ROWS, _MAX_COLUMNS, _FOLDS, _MAX_LEAVES = 3_000, 200, 3, 256
_MIN_BALANCED_ACCURACY, _MIN_R2 = 0.99, 0.999
_MIN_KNOWN_SHARE = 0.5


def find_leaks(
    typed: pd.DataFrame, y: Any, columns: tuple[Column, ...], classes: int, *, seed: int, steps: Steps
) -> list[str]:
    """Return the names of the columns, in order. Texts of several words are not looked at."""
    chosen = sample_positions(y, classes, limit=_MAX_ROWS, seed=seed)
    typed, y = typed.iloc[chosen], y[chosen]
    if classes and np.bincount(y).min() < _FOLDS:
        return []
    maker = StratifiedKFold if classes else KFold
    splits = list(maker(_FOLDS, shuffle=True, random_state=seed).split(typed, y))
    found = []
    for position, column in enumerate(columns[:_MAX_COLUMNS]):
        steps.check()
        if column.kind == Kind.TEXT:
            continue
        features = typed[names_in_typed(position, column)]
        guess = _guess_by_numbers if column.kind in NUMBERS else _guess_by_values
        predicted = np.empty(len(y))
        for learn, test in splits:
            predicted[test] = guess(features.iloc[learn], y[learn], features.iloc[test], classes)
        score = _score(y, predicted, classes)
        is_in_order = not classes and column.kind in NUMBERS and _follows(features.iloc[:, 0], y)
        if score >= (_MIN_BALANCED_ACCURACY if classes else _MIN_R2) or is_in_order:
            found.append(column.name)
    return found


def _score(y: Any, predicted: Any, classes: int) -> float:
    """Score the rows with a guess; 0 if these are less than half of all."""
    known = ~np.isnan(predicted)
    if known.mean() < _MIN_KNOWN_SHARE or len(np.unique(y[known])) < 2:
        return 0.0
    truth, predicted = y[known], predicted[known]
    if not classes:
        return float(r2_score(truth, predicted))
    return float(np.mean([(predicted[truth == number] == number).mean() for number in np.unique(truth)]))


def leak_notes(names: list[str], target: str) -> list[str]:
    return [
        f"'{name}' alone gives the target '{target}' away: the scores will hold only if it is known before the target "
        "is. Otherwise leave it out of the features."
        for name in names
    ]


def _guess_by_numbers(learn: pd.DataFrame, y: Any, test: pd.DataFrame, classes: int) -> Any:
    maker = DecisionTreeClassifier if classes else DecisionTreeRegressor
    tree = maker(max_leaf_nodes=_MAX_LEAVES, random_state=0)
    return tree.fit(learn.to_numpy(), y).predict(test.to_numpy())


def _guess_by_values(learn: pd.DataFrame, y: Any, test: pd.DataFrame, classes: int) -> Any:
    """Guess the commonest class, or the mean, of the rows with the same value; NaN if there are none."""
    column = learn.columns[0]
    if classes:
        table = pd.crosstab(learn[column].to_numpy(), y)
        known = table.idxmax(axis=1)
    else:
        known = pd.Series(y).groupby(learn[column].to_numpy()).mean()
    return test[column].map(known).to_numpy(dtype=np.float64)


def _follows(numbers: "pd.Series[float]", y: Any) -> bool:
    """Return True if the target rises, or falls, with the numbers without an exception that matters."""
    present = numbers.notna().to_numpy()
    if present.mean() < 0.99 or numbers.nunique() < len(y) / 2:
        return False
    return bool(abs(numbers[present].rank().corr(pd.Series(y, numbers.index)[present].rank())) >= 0.9999)
