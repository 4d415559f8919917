"""Charts: a legend covers no data, every axis is named, and nothing sticks out."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from reportlab.platypus import Spacer

from jobs.handlers.process_data.learning.report import document
from jobs.handlers.process_data.learning.report.canvas import measure
from jobs.handlers.process_data.learning.report.parts import Chart, Report
from tests.jobs.handlers.process_data.learning.conftest import COVER, Learn

RANDOM = np.random.default_rng(5)
LONG = "a name that is far too long for the side of a chart, 年収 "


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    x = RANDOM.normal(size=240)
    return pd.DataFrame(
        {
            LONG + "1": x,
            LONG + "2": RANDOM.normal(size=240),
            "kind": np.array([f"{LONG}{number}" for number in range(6)])[np.argsort(np.argsort(x)) // 40],
            "amount": x * 1e12,
        }
    )


@pytest.fixture
def charts_of(learn: Learn, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Callable[..., list[Chart]]:
    def charts(frame: pd.DataFrame, pipeline: str, **options: Any) -> list[Chart]:
        reports: list[Report] = []
        monkeypatch.setattr(document, "_story", lambda report, *_: reports.append(report) or [Spacer(1, 1)])
        learn(frame, pipeline, **options).report_pdf(tmp_path / "report.pdf", COVER)
        return [part for part in reports[0].parts if isinstance(part, Chart)]

    return charts


@pytest.mark.parametrize(
    ("pipeline", "options"),
    [
        ("classification", {"target": "kind"}),
        ("regression", {"target": "amount"}),
        ("clustering", {}),
        ("anomaly", {"contamination": 0.1}),
    ],
)
def test_they_fit(
    charts_of: Callable[..., list[Chart]], frame: pd.DataFrame, pipeline: str, options: dict[str, Any]
) -> None:
    charts = charts_of(frame, pipeline, **options)
    assert len(charts) >= 2
    for chart in charts:
        figure = measure(chart.draw, 493, chart.height)
        [axes] = figure.axes
        assert chart.title and chart.reading.endswith(".")
        assert axes.get_xlabel() or axes.get_xticklabels(), chart.title
        assert axes.bbox.width > 150 and axes.bbox.height > 50, chart.title
        assert_inside(figure, chart.title)
        if (legend := axes.get_legend()) is not None:
            assert not legend.get_window_extent().overlaps(axes.bbox), chart.title


def test_thousands_are_apart_and_years_are_not() -> None:
    figure = measure(lambda axes: axes.plot([-60_000, 60_000], [1990, 2024]), 493, 200)
    [axes] = figure.axes
    across, up = ([tick.get_text() for tick in axis.get_ticklabels()] for axis in (axes.xaxis, axes.yaxis))
    assert "20,000" in across and "−20,000" in across and "2000" in up


def assert_inside(figure: Figure, title: str) -> None:
    drawn = figure.get_tightbbox().transformed(figure.dpi_scale_trans)
    box = figure.bbox
    assert drawn.x0 > -1 and drawn.y0 > -1 and drawn.x1 < box.width + 1 and drawn.y1 < box.height + 1, title
