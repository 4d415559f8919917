"""Encode typed columns as features. The encoder is fitted on the training rows alone."""

from collections.abc import Sequence
from typing import Any, Literal

from sklearn.compose import ColumnTransformer
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler, TargetEncoder

from jobs.handlers.process_data.learning.features.columns import Column, Kind
from jobs.handlers.process_data.learning.features.typed_frame import NUMBERS, names_in_typed

Target = Literal["none", "binary", "multiclass", "continuous"]
_HASHED_WORDS = 4_096
_TOPICS = 32
_RARE_SHARE = 0.005


def make_encoder(columns: Sequence[Column], *, rows: int, target: Target, scaled: bool, seed: int) -> ColumnTransformer:
    """Return an encoder that is not yet fitted.

    ``scaled``: for models that compare magnitudes. Numbers are imputed and standardised, words may stay sparse.
    Otherwise, for trees, numbers are imputed only, and texts become topics.
    """
    rarest = max(2, round(_RARE_SHARE * rows))
    one_hot = OneHotEncoder(
        handle_unknown="infrequent_if_exist", min_frequency=rarest, max_categories=50, sparse_output=False
    )
    by_kind: dict[str, list[str]] = {"numbers": [], "categories": [], "codes": []}
    texts: list[str] = []
    for position, column in enumerate(columns):
        names = names_in_typed(position, column)
        if column.kind in NUMBERS:
            by_kind["numbers"] += names
        elif column.kind == Kind.TEXT:
            texts += names
        else:
            by_kind["categories" if column.kind == Kind.CATEGORY else "codes"] += names
    codes = one_hot if target == "none" else _code_encoder(target, scaled, seed)
    makers = {"numbers": _number_encoder(scaled), "categories": one_hot, "codes": codes}
    transformers: list[Any] = [(name, makers[name], names) for name, names in by_kind.items() if names]
    keep_sparse = scaled and target != "none"
    transformers += [(name, _text_encoder(rows, keep_sparse, seed), name) for name in texts]
    return ColumnTransformer(transformers, sparse_threshold=0.3 if keep_sparse else 0.0)


def _number_encoder(scaled: bool) -> Pipeline:
    # The indicator lets a model learn that a value was missing; the median alone would hide it.
    imputer = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    return Pipeline([("impute", imputer), ("scale", StandardScaler())] if scaled else [("impute", imputer)])


def _code_encoder(target: Target, scaled: bool, seed: int) -> Pipeline:
    # Cross-fitted inside fit_transform, so that a row's own target does not leak into its feature.
    encoder = TargetEncoder(target_type=target, random_state=seed)
    return Pipeline([("encode", encoder), ("scale", StandardScaler())] if scaled else [("encode", encoder)])


def _text_encoder(rows: int, keep_sparse: bool, seed: int) -> Pipeline:
    # Hashing instead of a vocabulary: any text can be fitted, and the number of features is known.
    words = HashingVectorizer(n_features=_HASHED_WORDS, alternate_sign=False, norm=None, token_pattern=r"(?u)\b\w+\b")
    steps: list[Any] = [("words", words), ("weigh", TfidfTransformer(sublinear_tf=True))]
    if not keep_sparse:
        steps.append(("topics", TruncatedSVD(n_components=max(2, min(_TOPICS, rows // 4)), random_state=seed)))
    return Pipeline(steps)
