"""Fit in one thread and without warnings, so that the same rows give the same model on every worker."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits


@contextmanager
def one_thread() -> Iterator[None]:
    """Limit numeric libraries to one thread, because sums over several differ in their last digits between runs."""
    with threadpool_limits(limits=1), warnings.catch_warnings():
        # They are about rows of users, who never see a worker's log; users get a metric or a detail instead.
        warnings.simplefilter("ignore")
        yield


def fit(pipeline: Any, *data: Any) -> bool:
    """Fit in place; return True if the fit converged within its iterations."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pipeline.fit(*data)
    return not any(issubclass(warning.category, ConvergenceWarning) for warning in caught)
