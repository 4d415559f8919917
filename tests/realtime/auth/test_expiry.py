"""One moment of expiry everywhere: where one face takes a token, all do, until the same second."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import RequestFactory
from hypothesis import assume, example, given
from hypothesis import strategies as st
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import RefreshToken

from realtime.auth import Unauthorized, read_claims, verify
from realtime.http.authenticated import identify, identify_by
from tests.realtime.signing import claims, sign

_CLEAR_SECONDS = 0.2
"""The distance from the moment itself at which two looks at the clock cannot differ."""


def over_http(token: str) -> Any:
    return identify(RequestFactory().get("/", headers={"Authorization": f"Bearer {token}"}))


def by_upload(token: str) -> Any:
    return identify_by([(b"authorization", f"Bearer {token}".encode())])


def is_taken(look: Callable[[str], Any], token: str) -> bool:
    try:
        look(token)
    except Unauthorized as error:
        assert error.reason == "token_expired"
        return False
    except TokenError:
        return False
    return True


@given(st.floats(-30, 30))
@example(-settings.SIMPLE_JWT["LEEWAY"].total_seconds() - 0.5)
@example(-0.5)
def test_all_faces_take_a_token_until_the_same_moment(seconds: float) -> None:
    expiry = time.time() + seconds
    refused_at = read_claims(claims(exp=expiry)).refused_at
    assume(abs(refused_at - time.time()) > _CLEAR_SECONDS)
    expected = time.time() < refused_at
    token = sign(exp=expiry)
    taken = [is_taken(look, token) for look in (verify, over_http, by_upload)]
    taken.append(is_taken(RefreshToken, sign(exp=expiry, token_type="refresh", jti="one")))
    assume((time.time() < refused_at) == expected)  # the moment did not come between two looks
    assert taken == [expected] * 4


@pytest.mark.parametrize("seconds", [-5, 5, 600])
def test_a_connection_outlives_no_token_that_a_handshake_refuses(seconds: float) -> None:
    identity = verify(sign(exp=time.time() + seconds))
    assert time.time() < identity.refused_at <= time.time() + seconds + settings.SIMPLE_JWT["LEEWAY"].total_seconds()
