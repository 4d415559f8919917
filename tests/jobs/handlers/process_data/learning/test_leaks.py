"""Features that give the target away."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.jobs.handlers.process_data.learning.conftest import Learn, report_text

ROWS = 300
RANDOM = np.random.default_rng(8)
SIGNAL = RANDOM.normal(size=ROWS)
CHURNED = SIGNAL + RANDOM.normal(size=ROWS) > 0.5
FRAME = pd.DataFrame({"honest": SIGNAL, "noise": RANDOM.normal(size=ROWS), "y": np.where(CHURNED, "yes", "no")})
LEAKS = {
    "flag": CHURNED,
    "word": np.where(CHURNED, "closed", "open"),
    "many words": [f"{'c' if churned else 'o'}{row % 30}" for row, churned in enumerate(CHURNED)],
    "score": np.where(CHURNED, 0.9, 0.1) + RANDOM.random(ROWS) / 20,
    "ended on": pd.Series(pd.Timestamp("2024-05-01"), range(ROWS)).where(CHURNED),
    "reason": np.where(CHURNED, np.array(["price", "moved"])[np.arange(ROWS) % 2], None),
}


@pytest.mark.parametrize("name", list(LEAKS))
def test_it_is_warned_of_by_name(learn: Learn, name: str, tmp_path: Path) -> None:
    learned = learn(FRAME.assign(**{name: LEAKS[name]}), "classification", target="y")
    assert learned.details["leaks"] == [name] and learned.metrics["accuracy"] > 0.98
    assert [f"'{name}' alone gives the target 'y' away" in note for note in learned.notes] == [True]
    assert f"'{name}' alone gives" in report_text(learned, tmp_path)


def test_all_of_several_are_named(learn: Learn) -> None:
    learned = learn(FRAME.assign(flag=LEAKS["flag"], word=LEAKS["word"]), "classification", target="y")
    assert learned.details["leaks"] == ["flag", "word"] and len(learned.notes) == 2


def test_features_that_only_help_are_not_warned_of(learn: Learn, iris: pd.DataFrame) -> None:
    assert learn(FRAME, "classification", target="y").details["leaks"] == []
    assert learn(iris, "classification", target="target").details["leaks"] == []


@pytest.mark.parametrize("change", [lambda y: 2 * y + 1, lambda y: -(y**3), lambda y: np.round(y, 2)])
def test_so_is_a_number_that_another_follows(learn: Learn, change: Callable[[Any], Any], tmp_path: Path) -> None:
    y = 3 * SIGNAL + RANDOM.normal(size=ROWS)
    learned = learn(pd.DataFrame({"x": SIGNAL, "copy": change(y), "y": y}), "regression", target="y")
    assert learned.details["leaks"] == ["copy"] and "'copy' alone" in learned.notes[0]
    assert "'copy' alone" in report_text(learned, tmp_path)


def test_numbers_that_only_help_are_not_warned_of(learn: Learn) -> None:
    learned = learn(pd.DataFrame({"x": SIGNAL, "y": 3 * SIGNAL + RANDOM.normal(size=ROWS)}), "regression", target="y")
    assert learned.details["leaks"] == [] and learned.notes == []
