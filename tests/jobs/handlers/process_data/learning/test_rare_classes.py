"""Targets with classes of one or two rows."""

import numpy as np
import pandas as pd
import pytest

from jobs.handler import Permanent
from tests.jobs.handlers.process_data.learning.conftest import Learn
from tests.jobs.handlers.process_data.running import faults_of, run


def table(*rare: object, numbers: bool = False) -> pd.DataFrame:
    """Sixty rows of two classes that ``x`` tells apart, and one row for each of ``rare``."""
    common = [1, 2] * 30 if numbers else ["a", "b"] * 30
    random = np.random.default_rng(0)
    x = random.normal(size=60 + len(rare))
    x[:60] += [0, 4] * 30
    return pd.DataFrame({"x": x, "y": [*common, *rare]})


def test_they_are_one_class(learn: Learn) -> None:
    learned = learn(table("c", "c", "d", "e"), "classification", target="y", rare="group")
    assert [one["class"] for one in learned.details["classes"]] == ["a", "b", "other"]
    assert learned.dropped == 0 and len(learned.output) == 64
    assert list(learned.output["y"][60:]) == ["c", "c", "d", "e"]
    [note] = learned.target_notes
    assert note == "Classes of fewer than 3 rows (3: 'c', 'd', 'e') are one class, 'other', of 4 rows."


def test_they_are_left_out(learn: Learn) -> None:
    learned = learn(table("c", "c", "d", "e"), "classification", target="y", rare="drop")
    assert [one["class"] for one in learned.details["classes"]] == ["a", "b"]
    assert learned.dropped == 4 and len(learned.output) == 60
    assert learned.target_notes[0].endswith("are left out: 4 rows.")


def test_by_default_they_end_the_request_and_the_option_is_named(learn: Learn) -> None:
    with pytest.raises(Permanent, match=r"1 of the target 'y' has fewer: 'c'.*option 'rare' .*\(group\).*\(drop\)"):
        learn(table("c"), "classification", target="y")


def test_a_group_that_would_be_too_small_is_left_out_and_that_is_said(learn: Learn) -> None:
    learned = learn(table("c"), "classification", target="y", rare="group")
    assert len(learned.details["classes"]) == 2
    assert learned.target_notes[0].endswith("(1: 'c') are left out, since together they have fewer than 3: 1 row.")


def test_the_group_has_a_name_of_its_own_and_numbers_become_texts_beside_it(learn: Learn) -> None:
    learned = learn(table(*["other"] * 5, "c", "d", "e"), "classification", target="y", rare="group")
    assert [one["class"] for one in learned.details["classes"]] == ["a", "b", "other", "other_"]
    numbers = learn(table(3, 4, 5, numbers=True), "classification", target="y", rare="group")
    assert set(numbers.output["prediction"]) <= {"1", "2", "other"}
    kept = learn(table(3, 4, 5, numbers=True), "classification", target="y", rare="drop")
    assert set(kept.output["prediction"]) == {1, 2}


def test_many_rare_classes_do_not_count_against_the_limit_of_classes(learn: Learn) -> None:
    names = [f"name {number}" for number in range(150)]
    learned = learn(table(*names), "classification", target="y", rare="group")
    assert len(learned.details["classes"]) == 3


@pytest.mark.parametrize(("rare", "rows", "classes"), [("group", 1_210, 3), ("drop", 1_204, 2)])
def test_a_table_of_which_a_sample_is_learned_is_treated_alike(
    monkeypatch: pytest.MonkeyPatch, rare: str, rows: int, classes: int
) -> None:
    monkeypatch.setattr("jobs.handlers.process_data.reading.sampling.MAX_ROWS", 400)
    data = [{"x": number % 2 + number / 1e4, "y": "ab"[number % 2]} for number in range(1_204)]
    data += [{"x": 5.0 + number, "y": f"rare {number // 2}"} for number in range(6)]
    payload = {
        "pipeline": "classification",
        "data_source": {"type": "inline", "rows": data},
        "options": {"target": "y", "rare": rare, "max_iterations": 10},
    }
    result = run(payload).result
    summary = result["summary"]
    assert (summary["output_records"], summary["dropped"]) == (rows, 1_210 - rows)
    assert len(summary["details"]["classes"]) == classes and "3: 'rare 0'" in result["notes"][0]


def test_only_a_classification_has_the_option() -> None:
    source = {"type": "inline", "rows": [{"a": 1}]}
    payload = {"pipeline": "regression", "data_source": source, "options": {"target": "a", "rare": "drop"}}
    assert "it is for: classification" in faults_of(payload)["options.rare"]
    wrong = {**payload, "pipeline": "classification", "options": {"target": "a", "rare": "x", "optimise": "x"}}
    assert set(faults_of(wrong)) == {"options.rare", "options.optimise"}
