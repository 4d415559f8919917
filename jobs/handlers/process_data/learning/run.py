"""Fit a pipeline to a table: a model, its scores and its predictions."""

from collections.abc import Callable, Mapping

import pandas as pd

from jobs.handler import Permanent
from jobs.handlers.process_data.learning.features.selection import with_unique_names
from jobs.handlers.process_data.learning.fit import one_thread
from jobs.handlers.process_data.learning.models.model import Task
from jobs.handlers.process_data.learning.options import LearningOptions
from jobs.handlers.process_data.learning.result import LearningResult
from jobs.handlers.process_data.learning.steps import Steps
from jobs.handlers.process_data.learning.supervised.classification import learn_classes
from jobs.handlers.process_data.learning.supervised.regression import learn_numbers
from jobs.handlers.process_data.learning.unsupervised.anomalies import learn_anomalies
from jobs.handlers.process_data.learning.unsupervised.clustering import learn_clusters

PIPELINES: Mapping[Task, Callable[[pd.DataFrame, LearningOptions, Steps], LearningResult]] = {
    "classification": learn_classes,
    "regression": learn_numbers,
    "clustering": learn_clusters,
    "anomaly": learn_anomalies,
}


def learn(frame: pd.DataFrame, pipeline: str, options: LearningOptions, steps: Steps) -> LearningResult:
    """Fit the ``pipeline`` (one of ``PIPELINES``) to the rows.

    Raises ``Permanent``, with a text for people, when the rows or the options allow no model. Passes on whatever
    ``steps.check`` raises. The same rows, options and seed give the same outcome.
    """
    learner = {str(name): learner for name, learner in PIPELINES.items()}.get(pipeline)
    if learner is None:
        raise Permanent(f"No pipeline is called '{pipeline}'; there are: {', '.join(PIPELINES)}")
    _check_options(options)
    with one_thread():
        return learner(with_unique_names(frame), options, steps)


def _check_options(options: LearningOptions) -> None:
    threshold = options.confidence_threshold
    faults = [
        (not 0 < options.test_size < 1, "test_size must be above 0 and below 1"),
        (not 0 < options.contamination <= 0.5, "contamination must be above 0 and at most 0.5"),
        (threshold is not None and not 0 <= threshold <= 1, "confidence_threshold must be between 0 and 1"),
        (options.max_iterations < 1, "max_iterations must be at least 1"),
        (not 0 <= options.seed < 2**32, "seed must be between 0 and 4,294,967,295"),
    ]
    for is_fault, text in faults:
        if is_fault:
            raise Permanent(f"Invalid option: {text}")
