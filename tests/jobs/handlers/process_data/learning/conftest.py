"""Real sets that come with scikit-learn, and learning in one call."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pypdf import PdfReader
from sklearn import datasets

from jobs.handlers.process_data.learning.options import LearningOptions
from jobs.handlers.process_data.learning.report.parts import Cover
from jobs.handlers.process_data.learning.result import LearningResult
from jobs.handlers.process_data.learning.run import learn
from jobs.handlers.process_data.stages import Progress
from jobs.testing import MemoryContext

Learn = Callable[..., LearningResult]
COVER = Cover(data="a table", generated_at=datetime(2025, 6, 7, 8, 9, tzinfo=UTC), request_id="the-request")


def report_text(learned: LearningResult, folder: Path) -> str:
    """The texts of all pages of the report, on one line."""
    learned.report_pdf(folder / "report.pdf", COVER)
    pages = PdfReader(folder / "report.pdf").pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


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
