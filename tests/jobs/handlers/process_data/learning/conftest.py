"""Real sets that come with scikit-learn, and learning in one call."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from sklearn import datasets

from jobs.handlers.process_data.learning.options import LearningOptions
from jobs.handlers.process_data.learning.result import LearningResult
from jobs.handlers.process_data.learning.run import learn
from jobs.handlers.process_data.stages import Progress
from jobs.testing import MemoryContext

Learn = Callable[..., LearningResult]


@pytest.fixture(scope="session")
def iris() -> pd.DataFrame:
    bunch = datasets.load_iris(as_frame=True)
    return bunch.frame.assign(target=[bunch.target_names[number] for number in bunch.target])


@pytest.fixture
def context() -> MemoryContext:
    return MemoryContext()


@pytest.fixture(name="learn")
def learn_quickly(context: MemoryContext) -> Learn:
    """``learn(frame, pipeline, **options)``, with few trees."""

    def run(frame: pd.DataFrame, pipeline: str, **options: Any) -> LearningResult:
        return learn(frame, pipeline, LearningOptions(**{"max_iterations": 20, **options}), Progress(context))

    return run


@pytest.fixture(scope="session")
def iris_model(iris: pd.DataFrame) -> LearningResult:
    options = LearningOptions(target="target", confidence_threshold=0.7, max_iterations=60)
    return learn(iris, "classification", options, Progress(MemoryContext()))
