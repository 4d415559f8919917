"""Columns of types that no source has, but a pipeline may come to."""

import pyarrow as pa

from jobs.handlers.process_data.output.cells import as_text


def test_nested_values_and_columns_without_any_become_text() -> None:
    assert as_text(pa.array([[1, 2], None, []])).to_pylist() == ["[1, 2]", None, "[]"]
    assert as_text(pa.array([None, None])).to_pylist() == [None, None]


def test_a_dictionary_is_its_values() -> None:
    assert as_text(pa.array(["a", None, "a"]).dictionary_encode()).to_pylist() == ["a", None, "a"]
