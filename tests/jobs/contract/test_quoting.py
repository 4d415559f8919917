import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.contract.quoting import quote_name, quote_text

STORABLE = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=40)


@settings(deadline=None)
@given(name=STORABLE, text=STORABLE)
def test_what_is_quoted_comes_back_as_it_was(name: str, text: str) -> None:
    result = duckdb.sql(f"SELECT {quote_text(text)} AS {quote_name(name)}")
    assert (result.columns, result.fetchall()) == ([name], [(text,)])
