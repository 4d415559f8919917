import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from pytest_django import Settings

from realtime.auth import KeysUnavailable, Unauthorized, verify
from realtime.signing_keys import issuer
from tests.local.waiting import eventually
from tests.realtime.key_server import KeyServer, jwk, key_set, run_key_server, url_of
from tests.realtime.signing import Pair, UseBackend, pem, reason_of, sign


@pytest.fixture
def key_server() -> Iterator[KeyServer]:
    with run_key_server() as server:
        yield server


def test_keys_may_come_from_a_url(rsa_pair: Pair, key_server: KeyServer, use_backend: UseBackend) -> None:
    key_server.body = key_set(jwk(rsa_pair[1], "first"))
    use_backend("RS256", signing_key=None, jwk_url=url_of(key_server))
    good = sign(key=rsa_pair[0], algorithm="RS256", headers={"kid": "first"})
    assert verify(good).user_id == verify(good).user_id == "alice"
    assert key_server.asked == 1
    assert reason_of(sign(key=rsa_pair[0], algorithm="RS256", headers={"kid": "unknown"})) == "token_invalid"
    assert reason_of(sign(key=rsa_pair[0], algorithm="RS256")) == "token_invalid"
    assert reason_of("a.b.c") == "token_invalid"


def test_a_key_server_that_is_away_says_nothing_about_the_token(
    rsa_pair: Pair, use_backend: UseBackend, closed_port: int
) -> None:
    use_backend("RS256", signing_key=None, jwk_url=f"http://127.0.0.1:{closed_port}/keys")
    with pytest.raises(KeysUnavailable):
        verify(sign(key=rsa_pair[0], algorithm="RS256", headers={"kid": "first"}))


@pytest.mark.parametrize("body", [b"<html>Please sign in</html>", b"", b"[]", b'{"keys": []}', b'{"keys": "none"}'])
def test_a_key_server_that_talks_nonsense_verifies_nobody(
    body: bytes, rsa_pair: Pair, key_server: KeyServer, use_backend: UseBackend
) -> None:
    key_server.body = body
    use_backend("RS256", signing_key=None, jwk_url=url_of(key_server))
    with pytest.raises((Unauthorized, KeysUnavailable)):
        verify(sign(key=rsa_pair[0], algorithm="RS256", headers={"kid": "first"}))


# --- rotation --------------------------------------------------------------------------------------------------------


class Clock:
    """Time that passes only when it is told to."""

    now = 1_000_000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(issuer, "time", clock)
    return clock


@pytest.fixture
def keys(key_server: KeyServer, use_backend: UseBackend, rsa_pair: Pair, clock: Clock) -> KeyServer:
    """Publish one key, called ``first``, of which the process knows already."""
    key_server.body = key_set(jwk(rsa_pair[1], "first"))
    use_backend("RS256", signing_key=None, jwk_url=url_of(key_server))
    assert verify(signed(rsa_pair, "first")).user_id == "alice"
    return key_server


def signed(pair: Pair, kid: str, algorithm: str = "RS256") -> str:
    return sign(key=pair[0], algorithm=algorithm, headers={"kid": kid})


@pytest.fixture(scope="module")
def next_pair() -> Pair:
    return pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))


def asked_again(server: KeyServer, before: int) -> None:
    eventually(lambda: server.asked > before and not _fetches(), "the keys were fetched anew")


def _fetches() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "issuer-keys"]


def test_a_new_key_is_known_when_it_is_used_first(
    keys: KeyServer, rsa_pair: Pair, next_pair: Pair, clock: Clock
) -> None:
    keys.body = key_set(jwk(rsa_pair[1], "first"), jwk(next_pair[1], "second"))
    clock.now += issuer.COOLDOWN_SECONDS
    assert verify(signed(next_pair, "second")).user_id == verify(signed(rsa_pair, "first")).user_id == "alice"
    assert reason_of(signed(rsa_pair, "second")) == reason_of(signed(next_pair, "first")) == "token_invalid"


def test_a_key_that_was_taken_back_serves_no_more(
    keys: KeyServer, rsa_pair: Pair, next_pair: Pair, clock: Clock
) -> None:
    keys.body = key_set(jwk(next_pair[1], "second"))
    clock.now += issuer.REFRESH_SECONDS + 1
    verify(signed(rsa_pair, "first"))  # who comes now does not wait for the fetch
    asked_again(keys, 1)
    assert reason_of(signed(rsa_pair, "first")) == "token_invalid"
    assert verify(signed(next_pair, "second")).user_id == "alice"


def test_names_of_keys_that_nobody_knows_cost_one_fetch_in_a_while(
    keys: KeyServer, rsa_pair: Pair, clock: Clock
) -> None:
    clock.now += issuer.COOLDOWN_SECONDS
    for number in range(50):
        assert reason_of(signed(rsa_pair, f"made up {number}")) == "token_invalid"
    assert keys.asked == 2


def test_a_slow_issuer_holds_up_nobody_whose_key_is_known(keys: KeyServer, rsa_pair: Pair, clock: Clock) -> None:
    keys.is_open.clear()
    clock.now += issuer.REFRESH_SECONDS + 1
    with ThreadPoolExecutor(1) as elsewhere:
        waiting = elsewhere.submit(verify, signed(rsa_pair, "made up"))
        eventually(lambda: keys.asked == 2, "the issuer is asked")
        good, bad = signed(rsa_pair, "first"), signed(rsa_pair, "made up too")
        began_at = time.monotonic()
        for _ in range(20):
            assert verify(good).user_id == "alice"
            with pytest.raises(KeysUnavailable):
                verify(bad)
        assert time.monotonic() - began_at < 2
        assert not waiting.done()
        keys.is_open.set()
        with pytest.raises(Unauthorized):
            waiting.result()


def test_known_keys_serve_for_a_while_when_their_issuer_is_away(keys: KeyServer, rsa_pair: Pair, clock: Clock) -> None:
    keys.body = b"<html>Back soon</html>"
    clock.now += issuer.MAX_AGE_SECONDS - 1
    assert verify(signed(rsa_pair, "first")).user_id == "alice"
    asked_again(keys, 1)
    assert verify(signed(rsa_pair, "first")).user_id == "alice"
    clock.now += 2
    with pytest.raises(KeysUnavailable):
        verify(signed(rsa_pair, "first"))


def test_keys_of_curves_and_of_both_kinds_at_once(
    key_server: KeyServer, use_backend: UseBackend, rsa_pair: Pair, ec_pair: Pair
) -> None:
    key_server.body = key_set(jwk(ec_pair[1], "curve", "ES256"), jwk(rsa_pair[1], "rsa"))
    use_backend("ES256", signing_key=None, jwk_url=url_of(key_server))
    assert verify(signed(ec_pair, "curve", "ES256")).user_id == "alice"
    assert reason_of(signed(rsa_pair, "rsa")) == "token_invalid"
    assert reason_of(signed(ec_pair, "rsa", "ES256")) == "token_invalid"


# --- shared keys, one after another ----------------------------------------------------------------------------------


def test_tokens_of_an_earlier_key_are_taken_while_it_is_named(settings: Settings) -> None:
    earlier, foreign = "e" * 40, "f" * 40
    token = sign(earlier)
    assert reason_of(token) == "token_invalid"
    settings.JWT_SIGNING_KEY_FALLBACKS = ["o" * 40, earlier]
    assert verify(token).user_id == "alice"
    assert verify(sign(sub="bob")).user_id == "bob"
    assert reason_of(sign(foreign)) == "token_invalid"
    assert reason_of(sign(earlier, exp=time.time() - 100)) == "token_expired"
    assert reason_of(sign(earlier, token_type="refresh")) == "token_invalid"
