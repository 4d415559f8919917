"""Python and JavaScript write the same words: tests/console/ground/format.test.js reads the same cases."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.formatting import STATUS_LABELS, format_bytes, format_count, format_counted, format_duration, format_status
from jobs.models import Status

CASES: dict[str, list[list[Any]]] = json.loads((Path(__file__).parents[1] / "words.json").read_text())


@pytest.mark.parametrize(("size", "text"), CASES["bytes"])
def test_sizes_are_in_powers_of_ten(size: int, text: str) -> None:
    assert format_bytes(size) == text


@pytest.mark.parametrize(("seconds", "text"), CASES["durations"])
def test_durations_are_in_their_two_largest_units(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@pytest.mark.parametrize(("status", "failed_items", "text"), CASES["statuses"])
def test_statuses_have_one_word_each(status: str, failed_items: int, text: str) -> None:
    assert format_status(status, failed_items) == text


@pytest.mark.parametrize(("number", "noun", "text"), CASES["counted"])
def test_one_of_something_is_not_plural(number: int, noun: str, text: str) -> None:
    assert format_counted(number, noun) == text


def test_every_status_of_the_wire_has_its_word() -> None:
    assert {status.value: status.label for status in Status} == dict(STATUS_LABELS)


@given(st.floats(0, 9.9e14))
def test_the_figure_of_a_size_is_never_longer_than_four_signs(size: float) -> None:
    figure, unit = format_bytes(size).split(" ")
    power = ["B", "kB", "MB", "GB", "TB", "PB"].index(unit)
    assert len(figure) <= 4 and abs(float(figure) * 1000**power - size) <= 0.06 * size + 0.5


def test_thousands_are_apart() -> None:
    assert format_count(18_204) == "18,204"
