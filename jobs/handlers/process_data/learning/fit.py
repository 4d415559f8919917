"""One fit, in one thread and quietly: the same rows give the same model wherever it runs."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits


@contextmanager
def one_thread() -> Iterator[None]:
    """Workers share their cores; and sums of several threads would differ in their last digits from run to run."""
    with threadpool_limits(limits=1), warnings.catch_warnings():
        # About rows of users, who never see a worker's log. What matters to them is a metric or a detail.
        warnings.simplefilter("ignore")
        yield


def fit(pipeline: Any, *data: Any) -> bool:
    """Fit in place; returns whether it converged within its iterations."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pipeline.fit(*data)
    return not any(issubclass(warning.category, ConvergenceWarning) for warning in caught)
