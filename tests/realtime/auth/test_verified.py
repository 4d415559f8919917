"""Tokens that were verified before."""

from types import SimpleNamespace
from typing import Any

import pytest
from rest_framework_simplejwt import state

from realtime import auth
from realtime.auth import verify
from tests.realtime.signing import UseBackend, reason_of, sign


@pytest.fixture
def decoded(use_backend: UseBackend, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens whose signature was checked."""
    use_backend()
    seen: list[str] = []
    decode = type(state.token_backend).decode

    def note(self: Any, token: Any, verify: bool = True) -> Any:
        seen.append(token)
        return decode(self, token, verify)

    monkeypatch.setattr(type(state.token_backend), "decode", note)
    return seen


def test_a_token_that_was_good_is_not_checked_again(decoded: list[str]) -> None:
    token = sign()
    assert verify(token) == verify(token) == verify(token)
    assert decoded == [token]


def test_it_is_refused_from_its_expiry_on(monkeypatch: pytest.MonkeyPatch, decoded: list[str]) -> None:
    token = sign()
    identity = verify(token)
    for moment, checks in ((identity.refused_at - 0.01, 1), (identity.refused_at, 2)):
        monkeypatch.setattr(auth, "time", SimpleNamespace(time=lambda moment=moment: moment))
        verify(token)  # the library has a clock of its own, and takes it
        assert len(decoded) == checks


def test_a_bad_one_is_never_remembered(decoded: list[str]) -> None:
    token = sign("another key, which is long enough for this algorithm")
    assert [reason_of(token), reason_of(token)] == ["token_invalid"] * 2
    assert decoded == [token] * 2


def test_one_that_differs_in_a_character_is_another(decoded: list[str]) -> None:
    token = sign()
    verify(token)
    head, claims, signature = token.split(".")
    for changed in (f"{head}.{claims}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}", f"{token}A", token[:-2]):
        assert reason_of(changed) == "token_invalid"


def test_another_configuration_checks_anew(decoded: list[str], use_backend: UseBackend) -> None:
    token = sign()
    verify(token)
    use_backend(audience="another service")
    assert reason_of(token) == "token_invalid"


def test_the_oldest_are_forgotten(decoded: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "MAX_VERIFIED", 3)
    tokens = [sign(sub=f"user-{number}") for number in range(4)]
    for token in [*tokens, tokens[3], tokens[0]]:
        verify(token)
    assert decoded == [*tokens, tokens[0]]
    assert len(auth._verified_by(state.token_backend)) == 3
