import base64
import hashlib
import hmac
import json
import time
from typing import Any

import jwt
import pytest
from django.conf import settings as project_settings
from rest_framework_simplejwt.tokens import RefreshToken

from realtime.auth import Identity, verify
from tests.realtime.signing import Pair, UseBackend, claims, reason_of, sign


def test_it_works() -> None:
    identity = verify(sign())
    assert (identity.user_id, identity.tenant_id) == ("alice", "acme")
    assert identity.permissions == {"reports.generate"} and identity.expires_at > time.time()


def test_the_test_tokens_are_good(alice: Identity, charlie: Identity) -> None:
    assert (alice.user_id, alice.tenant_id, charlie.tenant_id) == ("alice", "acme", "other")


@pytest.mark.parametrize(
    ("permissions", "wanted", "may"),
    [
        ([], None, True),
        ([], "a", False),
        (["a"], "a", True),
        (["b"], "a", False),
        (["*"], "a", True),
        (["A"], "a", False),
    ],
)
def test_permissions_come_from_the_token(permissions: list[str], wanted: str | None, may: bool) -> None:
    assert verify(sign(permissions=permissions)).may(wanted) is may


def test_without_permissions_there_are_none() -> None:
    assert verify(sign(permissions=None)).permissions == frozenset()


# --- claims ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"sub": None}, "claim_missing"),
        ({"sub": ""}, "claim_missing"),
        ({"sub": "a" * 151}, "claim_invalid"),
        ({"sub": "a\x00"}, "claim_invalid"),
        ({"sub": "a\ud800"}, "claim_invalid"),
        ({"tenant_id": None}, "claim_missing"),
        ({"tenant_id": ""}, "claim_missing"),
        ({"tenant_id": 7}, "claim_invalid"),
        ({"tenant_id": ["acme"]}, "claim_invalid"),
        ({"tenant_id": {"id": "acme"}}, "claim_invalid"),
        ({"tenant_id": "a" * 129}, "claim_invalid"),
        ({"tenant_id": "a\x00b"}, "claim_invalid"),
        ({"tenant_id": "a\ud800"}, "claim_invalid"),
        ({"exp": None}, "claim_missing"),
        ({"exp": "99999999999"}, "claim_invalid"),
        ({"exp": 10**400}, "claim_invalid"),
        ({"permissions": "reports.generate"}, "claim_invalid"),
        ({"permissions": {"reports.generate": True}}, "claim_invalid"),
        ({"permissions": ["a", 7]}, "claim_invalid"),
        ({"permissions": [["a"]]}, "claim_invalid"),
        ({"permissions": ["a\x00"]}, "claim_invalid"),
        ({"permissions": ["\ud800"]}, "claim_invalid"),
        ({"exp": "soon"}, "token_invalid"),
        ({"exp": float("inf")}, "token_invalid"),
        ({"exp": [1]}, "token_invalid"),
        ({"nbf": "later"}, "token_invalid"),
    ],
)
def test_a_claim_that_does_not_fit_is_refused(changed: dict[str, Any], reason: str) -> None:
    token = jwt.api_jws.encode(json.dumps(claims(**changed)).encode(), project_settings.JWT_SIGNING_KEY)
    assert reason_of(token) == reason


@pytest.mark.parametrize("sub", [7, ["alice"], {"name": "alice"}, True])
def test_a_user_that_is_no_text_is_refused(sub: Any) -> None:
    token = jwt.api_jws.encode(json.dumps(claims(sub=sub)).encode(), project_settings.JWT_SIGNING_KEY)
    assert reason_of(token) == "claim_invalid"


def test_claims_at_their_longest_are_fine() -> None:
    identity = verify(sign(sub="ü" * 150, tenant_id="t" * 128))
    assert len(identity.user_id) == 150


def test_a_payload_that_is_no_object_is_refused() -> None:
    for payload in (b"[]", b'"alice"', b"7", b"{", b""):
        assert reason_of(jwt.api_jws.encode(payload, project_settings.JWT_SIGNING_KEY)) == "token_invalid"


# --- times -----------------------------------------------------------------------------------------------------------


def test_a_leeway_forgives_clocks_that_differ_a_little() -> None:
    assert verify(sign(exp=time.time() - 5)).user_id == "alice"
    assert verify(sign(nbf=time.time() + 5)).user_id == "alice"


def test_an_expired_token_is_called_expired() -> None:
    assert reason_of(sign(exp=time.time() - 30)) == "token_expired"
    assert reason_of(sign(exp=0)) == "token_expired"


def test_a_token_of_the_future_is_refused() -> None:
    assert reason_of(sign(nbf=time.time() + 60)) == "token_invalid"
    assert reason_of(sign(iat=time.time() + 60)) == "token_invalid"


# --- signatures ------------------------------------------------------------------------------------------------------


def test_another_key_is_refused() -> None:
    assert reason_of(sign(key="another key, which is at least 32 bytes long")) == "token_invalid"


def test_a_changed_claim_is_refused() -> None:
    head, body, signature = sign().split(".")
    other = base64.urlsafe_b64encode(json.dumps(claims(sub="bob")).encode()).rstrip(b"=").decode()
    assert reason_of(f"{head}.{other}.{signature}") == "token_invalid"
    assert reason_of(f"{head}.{body}.") == "token_invalid"


@pytest.mark.parametrize(
    "token",
    ["", "x", "a.b.c", "..", "a.b.c.d", "ü.ü.ü", " ", "\x00", "x" * 20_000, "eyJhbGciOiJub25lIn0.e30."],
)
def test_what_is_no_token_is_refused(token: str) -> None:
    assert reason_of(token) == "token_invalid"


def test_a_token_without_a_signature_is_refused() -> None:
    assert reason_of(jwt.encode(claims(), "", algorithm="none")) == "token_invalid"


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_the_algorithm_comes_from_the_settings_and_not_from_the_token(algorithm: str) -> None:
    assert reason_of(sign(algorithm=algorithm)) == "token_invalid"


@pytest.mark.parametrize(("algorithm", "pair"), [("RS256", "rsa_pair"), ("ES256", "ec_pair")])
def test_a_public_key_verifies(
    algorithm: str, pair: str, use_backend: UseBackend, request: pytest.FixtureRequest
) -> None:
    private, public = request.getfixturevalue(pair)
    use_backend(algorithm, verifying_key=public)
    assert verify(sign(key=private, algorithm=algorithm)).user_id == "alice"
    assert reason_of(sign()) == "token_invalid"


def test_the_public_key_is_no_secret_to_sign_with(rsa_pair: Pair, use_backend: UseBackend) -> None:
    """The old confusion: HS256, with the public key taken for a shared secret."""
    use_backend("RS256", verifying_key=rsa_pair[1])
    parts = [{"alg": "HS256", "typ": "JWT"}, claims()]
    body = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts)
    digest = hmac.new(rsa_pair[1].encode(), body.encode(), hashlib.sha256).digest()
    assert reason_of(f"{body}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}") == "token_invalid"


@pytest.mark.django_db
def test_a_refresh_token_is_no_access_token(django_user_model: Any) -> None:
    token = RefreshToken()
    token["sub"], token["tenant_id"] = "alice", "acme"
    assert reason_of(str(token)) == "token_invalid"
    assert verify(str(token.access_token)).user_id == "alice"


# --- issuer, audience ------------------------------------------------------------------------------------------------


def test_issuer_and_audience_are_asked_for_when_they_are_configured(use_backend: UseBackend) -> None:
    use_backend(issuer="https://id.example", audience="streamer")
    good: dict[str, Any] = {"iss": "https://id.example", "aud": "streamer"}
    assert verify(sign(**good)).user_id == "alice"
    assert verify(sign(**{**good, "aud": ["other", "streamer"]})).user_id == "alice"
    wrongs: list[dict[str, Any]] = [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "other"},
        {"aud": None},
        {"aud": []},
    ]
    for wrong in wrongs:
        assert reason_of(sign(**{**good, **wrong})) == "token_invalid"


def test_they_do_not_matter_when_they_are_not() -> None:
    assert verify(sign(iss="https://anybody.example", aud="anything")).user_id == "alice"
