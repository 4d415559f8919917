import duckdb
from hypothesis import given
from hypothesis import strategies as st

from jobs.contract.quoting import quote_name, quote_text

STORABLE = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=40)


@given(name=STORABLE, text=STORABLE)
def test_what_is_quoted_comes_back_as_it_was(name: str, text: str) -> None:
    with duckdb.connect() as connection:
        result = connection.execute(f"SELECT {quote_text(text)} AS {quote_name(name)}")
        assert result.description is not None and result.description[0][0] == name
        assert result.fetchall() == [(text,)]
