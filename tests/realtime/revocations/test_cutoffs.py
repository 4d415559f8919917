"""The judgement of tokens, over random revocations of every kind."""

import itertools
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from realtime.auth import Identity, read_claims
from realtime.revocations.cutoffs import Cutoffs, Entry

moments = st.integers(0, 40).map(lambda quarter: 1_000.0 + quarter / 4)
tenants, users, ids = (st.sampled_from(names) for names in (("acme", "other"), ("alice", "bob"), ("one", "two", "")))


@st.composite
def entries(draw: Any) -> Entry:
    kind = draw(st.sampled_from(["user", "tenant", "user of a tenant", "token"]))
    return Entry(
        tenant_id=draw(tenants) if "tenant" in kind else "",
        user_id=draw(users) if "user" in kind else "",
        token_id=draw(st.sampled_from(["one", "two"])) if kind == "token" else "",
        issued_before=draw(moments),
    )


tokens = st.fixed_dictionaries(
    {"sub": users, "tenant_id": tenants},
    optional={"iat": moments | moments.map(int) | st.sampled_from([None, "1e9", [], float("inf")]), "jti": ids},
)


def identity_of(token: Any) -> Identity:
    return read_claims({**token, "exp": 2e9})


def voids(entry: Entry, token: Any) -> bool:
    """Tell the same as the promise does, of one revocation."""
    if entry.token_id:
        return entry.token_id == token.get("jti")
    issued_at = token.get("iat")
    is_before = not isinstance(issued_at, int | float) or issued_at == float("inf") or issued_at < entry.issued_before
    return is_before and entry.tenant_id in {"", token["tenant_id"]} and entry.user_id in {"", token["sub"]}


@given(st.lists(entries(), max_size=6), tokens)
def test_a_token_is_void_if_any_revocation_says_so(revocations: list[Entry], token: Any) -> None:
    identity = identity_of(token)
    assert Cutoffs().with_entries(revocations).is_void(identity) == any(voids(entry, token) for entry in revocations)


@given(st.lists(entries(), max_size=4))
def test_the_order_and_the_number_of_reads_are_without_effect(revocations: list[Entry]) -> None:
    once = Cutoffs().with_entries(revocations)
    for order in itertools.permutations(revocations):
        in_parts = Cutoffs()
        for entry in (*order, *order):
            in_parts = in_parts.with_entries([entry])
        assert in_parts == once


def test_an_empty_token_id_is_that_of_no_token() -> None:
    entry = Entry(tenant_id="", user_id="", token_id="one", issued_before=1_000.0)
    assert not Cutoffs().with_entries([entry]).is_void(identity_of({"sub": "alice", "tenant_id": "acme"}))
