"""Split rows into training part, test part and folds, and draw samples of them."""

from typing import Any

import numpy as np
from sklearn.model_selection import KFold, StratifiedKFold, train_test_split

from jobs.handler import Permanent
from jobs.handlers.process_data.learning.supervised.cross_validation import MAX_ROWS, count_folds

Split = tuple[Any, Any]
_MIN_CLASS_ROWS_IN_SAMPLE = 50


def part(y: Any, classes: int, *, test_size: float, seed: int) -> Split:
    """Return positions of the training and the test part, each in order and stratified by classes or levels."""
    rows = len(y)
    test_rows = max(2, classes, round(test_size * rows))
    if rows - test_rows < max(5, 2 * classes):
        raise Permanent(
            f"{rows:,} rows are too few: without {test_rows:,} for the test, not enough are left. Lower test_size"
        )
    training, test = train_test_split(
        np.arange(rows), test_size=test_rows, random_state=seed, stratify=y if classes else _levels(y, test_rows)
    )
    return np.sort(training), np.sort(test)


def _levels(y: Any, test_rows: int) -> Any:
    """Return up to ten levels of the numbers, low to high, to stratify by; None if there are too few rows."""
    levels = min(10, test_rows, len(y) // 10)
    if levels < 2:
        return None
    edges = np.unique(np.quantile(y, np.linspace(0, 1, levels + 1)[1:-1]))
    found = np.searchsorted(edges, y, side="right")
    return found if np.bincount(found)[np.unique(found)].min() > 1 else None


def split_folds(y: Any, classes: int, *, seed: int) -> list[Split]:
    """Return folds over the training part, or over a sample of a large one."""
    chosen = sample_positions(y, classes, limit=MAX_ROWS, seed=seed)
    rarest = int(np.bincount(y[chosen]).min()) if classes else len(chosen)
    folds = count_folds(len(chosen), rarest)
    maker = StratifiedKFold if classes else KFold
    splits = maker(n_splits=folds, shuffle=True, random_state=seed).split(chosen, y[chosen])
    return [(chosen[learn], chosen[test]) for learn, test in splits]


def sample_positions(y: Any, classes: int, *, limit: int, seed: int) -> Any:
    """Return at most ``limit`` positions in order: all, or a sample with the shares of the classes."""
    if len(y) <= limit:
        return np.arange(len(y))
    random = np.random.default_rng(seed)
    if not classes:
        return np.sort(random.choice(len(y), limit, replace=False))
    members = [np.flatnonzero(y == number) for number in range(classes)]
    wanted = [min(len(own), max(_MIN_CLASS_ROWS_IN_SAMPLE, round(limit * len(own) / len(y)))) for own in members]
    commonest = int(np.argmax(wanted))
    wanted[commonest] -= max(0, sum(wanted) - limit)
    chosen = [random.choice(own, size, replace=False) for own, size in zip(members, wanted, strict=True)]
    return np.sort(np.concatenate(chosen))
