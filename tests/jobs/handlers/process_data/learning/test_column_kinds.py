"""The kinds that columns are taken for, and values as the models see them."""

import io
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, strategies

from jobs.handlers.process_data.learning.features import values
from jobs.handlers.process_data.learning.features.columns import Column, infer_column
from jobs.handlers.process_data.learning.features.typed_frame import typed_frame
from jobs.handlers.process_data.learning.models.file import load_model
from tests.jobs.handlers.process_data.learning.conftest import Learn

MOMENTS = pd.date_range("2024-01-03 00:03:07", periods=200, freq="97min")
FORMS = [
    "%Y-%m-%dT%H:%M:%SZ",
    "%Y/%m/%d %H:%M:%S",
    "%Y.%m.%d %H:%M:%S",
    "%Y-%m-%d, %H:%M:%S",
    "%d.%m.%Y %H:%M:%S",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %I:%M:%S %p",
    "%d %B %Y %H:%M:%S",
    "%b %d, %Y, %H:%M:%S",
    "%Y%m%dT%H%M%S",
    "%a, %d %b %Y %H:%M:%S +0000",
    "%d/%b/%Y:%H:%M:%S +0000",
    "%Y-%m-%d %H:%M:%S UTC",
]


def typed(texts: list[Any], column: Column) -> pd.DataFrame:
    return typed_frame(pd.DataFrame({column.name: texts}), [column])


@pytest.mark.parametrize("form", FORMS)
def test_it_works(form: str) -> None:
    texts = [moment.strftime(form) for moment in MOMENTS]
    column = infer_column(pd.Series(texts, name="when"))
    assert column.kind == "timestamp"
    # A single row is read as it was among the others.
    rows = [typed([text], column).iloc[0] for text in (texts[0], texts[-1])]
    days = [row["c0_day_number"] for row in rows]
    wanted = (MOMENTS[[0, -1]] - pd.Timestamp("1970-01-01")) / pd.Timedelta(days=1)
    assert days == pytest.approx(list(wanted), abs=1e-6)
    assert Column.from_json(column.as_json()) == column


def test_a_time_stamp_alone_is_learned_from(learn: Learn) -> None:
    frame = pd.DataFrame({"when": [moment.strftime("%d.%m.%Y %H:%M") for moment in MOMENTS], "y": MOMENTS.hour < 12})
    learned = learn(frame, "classification", target="y")
    assert learned.metrics["accuracy"] > 0.95 and learned.details["left_out"] == []
    assert learned.model_bytes is not None
    loaded = load_model(io.BytesIO(learned.model_bytes))
    assert list(loaded.predict(frame)["prediction"]) == list(learned.output["prediction"])


def test_an_offset_counts() -> None:
    texts = [moment.strftime("%d.%m.%Y %H:%M +0530") for moment in MOMENTS]
    column = infer_column(pd.Series(texts, name="when"))
    [row] = typed(["04.01.2024 02:00 +0530"], column).to_dict("records")
    assert (row["c0_day"], row["c0_hour"]) == (3, 20.5)


@pytest.mark.parametrize(
    "texts",
    [
        [f"{number % 90 + 10}-{number // 90 + 10}-{3000 + number}" for number in range(200)],
        [f"{number:04d}-{number % 12 + 1:02d}" for number in range(200)],
        [f"10.{number}.7.{number % 9}" for number in range(200)],
    ],
    ids=["serial numbers", "part numbers", "addresses"],
)
def test_what_only_looks_like_a_date_is_none(texts: list[str]) -> None:
    assert infer_column(pd.Series(texts, name="x")).kind == "identifier"


@pytest.mark.parametrize("form", ["%H:%M", "%H:%M:%S", "%H:%M:%S.%f", None])
def test_times_of_day_are_numbers_as_times_and_as_texts(form: str | None) -> None:
    found = [moment.time() if form is None else moment.strftime(form) for moment in MOMENTS]
    column = infer_column(pd.Series(found, name="clock"))
    assert column.kind == "number"
    seconds = typed([found[1], "24:00:00"], column)["c0"]
    assert list(seconds) == [3600 + 40 * 60 + (0 if form == "%H:%M" else 7), 86_400]


@given(strategies.text(alphabet="0123456789.+-eE_ \u00a0\tnaifNIy٣１x", max_size=8))
@example("35_20")
@example("nan")
@example("-inf")
@example("１２")
@example("1e400")
@example(" 7 ")
def test_a_text_is_a_number_only_if_it_is_written_as_one(text: str) -> None:
    [found] = values.numbers(pd.Series([text], dtype=object))
    is_number = re.fullmatch(r"[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?", text.strip()) is not None
    assert np.isnan(found) != (is_number and abs(float(text)) < np.inf)


def test_codes_with_underscores_are_no_numbers() -> None:
    codes = [f"{number % 50 + 10}_{number % 5}" for number in range(200)]
    assert infer_column(pd.Series(codes, name="code")).kind == "code"
