"""The texts of DuckDB's errors, as people get them."""

import duckdb
import pytest

from jobs.data.duckdb_errors import OF_THE_CONTENT, raised_in_stream, reason_of


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Out of Memory Error: failed.\n\nPossible solutions:\n* (SET threads=X)", "Out of Memory Error: failed."),
        ("Binder Error: limit exceeded. Use SET pivot_limit=X to increase it.", "Binder Error: limit exceeded."),
        ("Catalog Error: no f!\nDid you mean g?\n\nLINE 1: f(1)", "Catalog Error: no f! Did you mean g?"),
        ("Conversion Error: '/data/a.csv' is odd", "Conversion Error: 'a.csv' is odd"),
        ("Invalid Input Error: 'SET x. LOAD y'", "Invalid Input Error: 'SET x."),
    ],
)
def test_advice_and_paths_are_left_out(text: str, told: str) -> None:
    assert reason_of(duckdb.Error(text), {"/data/a.csv": "a.csv"}) == told


def test_an_error_of_a_stream_is_that_of_duckdb() -> None:
    odd = "SELECT CASE WHEN x < 50000 THEN x ELSE error('50000 is odd') END FROM range(100000) t(x)"
    with duckdb.connect() as connection, pytest.raises(OSError, match="odd") as raised:
        list(connection.sql(odd).to_arrow_reader(1000))
    error = raised_in_stream(raised.value)
    assert isinstance(error, duckdb.InvalidInputException) and isinstance(error, OF_THE_CONTENT)
    memory = raised_in_stream(OSError("Out of Memory Error: failed"))
    assert isinstance(memory, duckdb.OutOfMemoryException) and not isinstance(memory, OF_THE_CONTENT)
