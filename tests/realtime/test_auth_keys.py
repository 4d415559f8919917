import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import jwt
import pytest

from realtime.auth import KeysUnavailable, Unauthorized, verify
from tests.realtime.signing import Pair, UseBackend, reason_of, sign


class KeyServer(HTTPServer):
    """A server that publishes ``body`` as its key set."""

    body = b""
    asked = 0


class _Answer(BaseHTTPRequestHandler):
    server: KeyServer

    def do_GET(self) -> None:
        self.server.asked += 1
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def key_server() -> Iterator[KeyServer]:
    with KeyServer(("127.0.0.1", 0), _Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def key_set(public: str, kid: str) -> bytes:
    algorithm = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256)
    key = json.loads(algorithm.to_jwk(algorithm.prepare_key(public)))
    return json.dumps({"keys": [{**key, "kid": kid, "use": "sig", "alg": "RS256"}]}).encode()


def url_of(server: KeyServer) -> str:
    return f"http://127.0.0.1:{server.server_port}/keys"


def test_keys_may_come_from_a_url(rsa_pair: Pair, key_server: KeyServer, use_backend: UseBackend) -> None:
    key_server.body = key_set(rsa_pair[1], "first")
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
