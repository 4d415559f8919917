"""The report about a model, as a reader of PDF sees it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pypdf import PdfReader

from jobs.handlers.process_data.learning.result import LearningResult
from tests.jobs.handlers.process_data.learning.conftest import COVER, Learn, report_text

RANDOM = np.random.default_rng(2)


def test_it_works(iris_model: LearningResult, tmp_path: Path) -> None:
    text = report_text(iris_model, tmp_path)
    for expected in (
        "Classification of target",
        "Right in 29 of 30 test rows; always answering",
        "a table",
        "2025-06-07 08:09 UTC",
        "150",
        "sepal length (cm)",
        "Few rows:",
        "matters most: when its values are shuffled",
        "Baseline",
    ):
        assert expected in text
    assert f"{iris_model.metrics['accuracy']:.3f}" in text


def test_every_page_says_which_it_is_and_of_what(iris_model: LearningResult, tmp_path: Path) -> None:
    iris_model.report_pdf(tmp_path / "report.pdf", COVER)
    reader = PdfReader(tmp_path / "report.pdf")
    pages = [page.extract_text() for page in reader.pages]
    assert len(pages) >= 2
    for number, text in enumerate(pages, start=1):
        assert f"Page {number} of {len(pages)}" in text and "Request the-request" in text
    assert all("Classification of target – a table" in text for text in pages[1:])
    assert reader.metadata is not None and reader.metadata.title == "Classification of target – a table"
    assert reader.trailer["/Root"]["/Lang"] == "en" and "Scores" in str(reader.outline)


@pytest.mark.parametrize(
    ("pipeline", "expected"),
    [("regression", "Predicted and actual"), ("clustering", "What makes each"), ("anomaly", "The most unusual rows")],
)
def test_every_pipeline_has_one_and_takes_any_name(learn: Learn, tmp_path: Path, pipeline: str, expected: str) -> None:
    name = "年収 $\\frac{a}{0}$ 📏 <b> שלום " + "long " * 30
    columns = {name: RANDOM.normal(size=40), "b": RANDOM.normal(size=40), "kind": ["x", "y & <z>"] * 20}
    learned = learn(pd.DataFrame(columns), pipeline, target=name if pipeline == "regression" else None)
    text = report_text(learned, tmp_path)
    assert expected in text and "Few rows: " in text


def test_noise_is_called_no_better_than_guessing(learn: Learn, tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": RANDOM.normal(size=400), "y": RANDOM.normal(size=400)})
    text = report_text(learn(frame, "regression", target="y"), tmp_path)
    assert "than guessing: R²" in text


def test_a_cluster_is_explained_by_what_differs(learn: Learn, tmp_path: Path) -> None:
    far = np.arange(300) < 100
    columns = {"age": np.where(far, 70, 30) + RANDOM.normal(size=300), "town": np.where(far, "Bern", "Basel")}
    learned = learn(pd.DataFrame(columns), "clustering", n_clusters=2)
    small = min(learned.details["clusters"], key=lambda cluster: cluster["rows"])
    assert any(said.startswith("'age' is higher: median 7") for said in small["differs"])
    assert any("more often 'Bern': 100 % of its rows, 33 % of all" in said for said in small["differs"])
    text = report_text(learned, tmp_path)
    assert "2 clusters that are clearly apart" in text and "'age' is higher: median" in text


def test_an_anomaly_is_explained_by_what_is_unusual(learn: Learn, tmp_path: Path) -> None:
    frame = pd.DataFrame({"speed": RANDOM.normal(50, 2, 300), "lane": ["left", "right"] * 150})
    frame.loc[7, "speed"] = 500.0
    learned = learn(frame, "anomaly", contamination=0.01)
    strangest = learned.details["strangest"][0]
    assert strangest["row"] == 7 and strangest["unusual"][0].startswith("'speed' is 500, typically ")
    assert "'speed' is 500" in report_text(learned, tmp_path)


def test_a_column_that_explains_everything_is_questioned(learn: Learn, tmp_path: Path) -> None:
    x = RANDOM.normal(size=400)
    frame = pd.DataFrame({"x": x, "noise": RANDOM.normal(size=400), "y": 3 * x + RANDOM.normal(scale=0.3, size=400)})
    text = report_text(learn(frame, "regression", target="y"), tmp_path)
    assert "Nearly everything comes from 'x'" in text and "Explains" in text
