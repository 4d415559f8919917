"""Check that the trees of a loaded model point only to their own nodes and features.

scikit-learn walks them in C without bounds checks, so a changed file could make it read foreign memory.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np


def is_sound(pipeline: Any) -> bool:
    """Return True if children exist and come after their parents, so that walks end, and all features exist."""
    model = pipeline.steps[-1][1]
    features = int(getattr(model, "n_features_in_", 0))
    return all(_is_tree_sound(*tree, features) for tree in _trees(model))


def _trees(model: Any) -> Iterator[tuple[Any, Any, Any, Any]]:
    """Yield, for each tree, its left children, right children, features, and a mask of its leaves."""
    for estimator in getattr(model, "estimators_", ()):
        tree = estimator.tree_
        yield tree.children_left, tree.children_right, tree.feature, tree.children_left == -1
    for iteration in getattr(model, "_predictors", ()):
        for predictor in iteration:
            nodes = predictor.nodes
            if nodes["is_categorical"].any():  # ours split on numbers only; categories would point into another table
                yield None, None, None, None
                return
            yield (
                nodes["left"].astype(np.int64),
                nodes["right"].astype(np.int64),
                nodes["feature_idx"],
                nodes["is_leaf"] == 1,
            )


def _is_tree_sound(left: Any, right: Any, feature: Any, is_leaf: Any, features: int) -> bool:
    if left is None:
        return False
    inner = np.flatnonzero(~is_leaf)
    size = len(left)
    return bool(
        size
        and all((inner < child[inner]).all() and (child[inner] < size).all() for child in (left, right))
        and (feature[inner] >= 0).all()
        and (feature[inner] < features).all()
    )
