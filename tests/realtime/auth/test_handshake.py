from typing import Any

import pytest
from pytest_django import Settings

from realtime.auth import Unauthorized, token_of

HEADER = [(b"host", b"x"), (b"authorization", b"Bearer from.the.header")]
SUBPROTOCOLS = ["streamer.v1", "bearer.from.the.subprotocol"]
QUERY = b"Authorization=Bearer%20from.the.query&token=from.the.other"


@pytest.mark.parametrize(
    ("headers", "subprotocols", "query", "token"),
    [
        (HEADER, SUBPROTOCOLS, QUERY, "from.the.header"),
        ([], SUBPROTOCOLS, QUERY, "from.the.subprotocol"),
        ([], ["streamer.v1"], QUERY, "from.the.query"),
        ([], [], b"token=from.the.other", "from.the.other"),
        ([], [], b"token=Bearer%20from.the.other", "from.the.other"),
        ([], [], b"Authorization=from.the.query", "from.the.query"),
        ([(b"authorization", b"bearer  from.the.header ")], [], b"", "from.the.header"),
    ],
)
def test_the_first_token_found_counts(
    headers: Any, subprotocols: list[str], query: bytes, token: str, settings: Settings
) -> None:
    settings.STREAMER_QUERY_TOKENS = True
    assert token_of(headers, subprotocols, query) == token


@pytest.mark.parametrize("query", [b"", b"token=", b"Token=x", b"%ff=%00", b"&&&=", "ü=ü".encode()])
def test_without_one_it_says_so(query: bytes, settings: Settings) -> None:
    settings.STREAMER_QUERY_TOKENS = True
    with pytest.raises(Unauthorized) as caught:
        token_of([(b"host", b"x")], ["streamer.v1", "chat"], query)
    assert caught.value.reason == "token_missing"


def test_the_query_counts_only_where_it_is_turned_on() -> None:
    with pytest.raises(Unauthorized):
        token_of([], [], QUERY)
    assert token_of([], SUBPROTOCOLS, QUERY) == "from.the.subprotocol"
