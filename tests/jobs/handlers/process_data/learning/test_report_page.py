"""The page about a model, as a reader of PDF sees it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pypdf import PdfReader

from jobs.handlers.process_data.learning.report.style import shorten
from jobs.handlers.process_data.learning.result import LearningResult
from tests.jobs.handlers.process_data.learning.conftest import Learn


def page_text(learned: LearningResult, path: Path) -> str:
    learned.report_pdf(path)
    (page,) = PdfReader(path).pages
    return page.extract_text()


def test_it_works(iris_model: LearningResult, tmp_path: Path) -> None:
    text = page_text(iris_model, tmp_path / "a.pdf")
    for expected in ("Classification of target", "Logistic regression", "0.333", "versicolor", "Baseline"):
        assert expected in text
    assert f"{iris_model.metrics['accuracy']:.3f}" in text
    iris_model.report_pdf(tmp_path / "b.pdf")
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


@pytest.mark.parametrize(
    ("pipeline", "expected"),
    [("regression", "R²"), ("clustering", "Silhouette"), ("anomaly", "The most unusual rows")],
)
def test_every_pipeline_has_one_and_takes_any_name(learn: Learn, tmp_path: Path, pipeline: str, expected: str) -> None:
    name = "年収 $\\frac{a}{0}$ 📏 " + "long " * 30
    random = np.random.default_rng(2)
    frame = pd.DataFrame({name: random.normal(size=40), "b": random.normal(size=40), "kind": ["x", "y"] * 20})
    learned = learn(frame, pipeline, target=name if pipeline == "regression" else None)
    assert expected in page_text(learned, tmp_path / "page.pdf")


def test_a_text_is_cut_and_what_the_font_lacks_is_marked() -> None:
    assert shorten("a" * 30, 10) == "a" * 9 + "…"
    assert shorten("Größe\n年", 20) == "Größe ?"
