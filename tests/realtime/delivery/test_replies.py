from typing import Any

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from realtime.delivery.replies import Replies

Reply = Any
replies = st.recursive(
    st.one_of(st.none(), st.integers(-(10**9), 10**9), st.binary(max_size=40)),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=8,
)


def encoded(reply: Reply, *, push: bool = False) -> bytes:
    """Encode a reply as Redis does."""
    if reply is None:
        return b"$-1\r\n"
    if isinstance(reply, int):
        return b":%d\r\n" % reply
    if isinstance(reply, bytes):
        return b"$%d\r\n%s\r\n" % (len(reply), reply)
    return (b">" if push else b"*") + b"%d\r\n" % len(reply) + b"".join(map(encoded, reply))


@given(st.lists(replies, max_size=6), st.booleans(), st.lists(st.integers(1, 30), max_size=40))
def test_however_the_bytes_are_cut_the_replies_are_the_same(sent: list[Reply], push: bool, sizes: list[int]) -> None:
    data = b"".join(encoded(reply, push=push) for reply in sent)
    reader, read = Replies(), list[Reply]()
    for size in [*sizes, len(data) + 1]:
        read += reader.feed(data[:size])
        data = data[size:]
    assert read == sent


def test_both_forms_of_a_pong_are_understood() -> None:
    assert Replies().feed(b"+PONG\r\n*2\r\n$4\r\npong\r\n$0\r\n\r\n_\r\n") == [b"PONG", [b"pong", b""], None]


def test_an_error_that_redis_answers_is_raised() -> None:
    with pytest.raises(redis.ResponseError, match="NOAUTH"):
        Replies().feed(b"-NOAUTH Authentication required.\r\n")


def test_what_is_no_reply_is_not_skipped() -> None:
    with pytest.raises(redis.InvalidResponse):
        Replies().feed(b"HTTP/1.1 400 Bad Request\r\n")
