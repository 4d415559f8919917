"""List the types that our models are made of. A file that names any other is not loaded."""

import json
import zipfile
from collections.abc import Iterator
from typing import Any

UNTRUSTED_BY_SKOPS = frozenset(
    {"numpy.dtype", "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor", "sklearn.tree._tree.Tree"}
)
"""Types that skops does not trust by itself. Trees are written in C: ``soundness`` checks their contents."""
_BY_MODULE = {
    "builtins": "dict list slice str tuple",
    "numpy": "dtype float64 int64 uint64 ndarray",
    "numpy.random._generator": "Generator",
    "sklearn._loss._loss": "CyHalfBinomialLoss CyHalfMultinomialLoss CyHalfSquaredError",
    "sklearn._loss.link": "IdentityLink Interval LogitLink MultinomialLogit",
    "sklearn._loss.loss": "HalfBinomialLoss HalfMultinomialLoss HalfSquaredError",
    "sklearn.cluster._kmeans": "KMeans MiniBatchKMeans",
    "sklearn.compose._column_transformer": "ColumnTransformer",
    "sklearn.decomposition._truncated_svd": "TruncatedSVD",
    "sklearn.ensemble._forest": "RandomForestClassifier RandomForestRegressor",
    "sklearn.ensemble._hist_gradient_boosting.binning": "_BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.gradient_boosting": (
        "HistGradientBoostingClassifier HistGradientBoostingRegressor"
    ),
    "sklearn.ensemble._hist_gradient_boosting.predictor": "TreePredictor",
    "sklearn.ensemble._iforest": "IsolationForest",
    "sklearn.feature_extraction.text": "HashingVectorizer TfidfTransformer",
    "sklearn.impute._base": "MissingIndicator SimpleImputer",
    "sklearn.linear_model._logistic": "LogisticRegression",
    "sklearn.linear_model._ridge": "Ridge RidgeCV",
    "sklearn.pipeline": "Pipeline",
    "sklearn.preprocessing._data": "StandardScaler",
    "sklearn.preprocessing._encoders": "OneHotEncoder",
    "sklearn.preprocessing._label": "LabelBinarizer LabelEncoder",
    "sklearn.preprocessing._target_encoder": "TargetEncoder",
    "sklearn.tree._classes": "DecisionTreeClassifier DecisionTreeRegressor ExtraTreeRegressor",
    "sklearn.tree._tree": "Tree",
}
OURS = frozenset(f"{module}.{name}" for module, names in _BY_MODULE.items() for name in names.split())
"""Estimators that our models use, their parts, and the containers around them."""


def types_in(archive: zipfile.ZipFile) -> set[str]:
    """Return the full names of all types that a skops file would create."""
    schema = json.loads(archive.read("schema.json"))
    return {f"{node.get('__module__')}.{node['__class__']}" for node in _nodes(schema)}


def _nodes(part: Any) -> Iterator[dict[str, Any]]:
    waiting = [part]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            if "__class__" in item:
                yield item
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
