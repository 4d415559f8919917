"""A server that publishes public keys, as an issuer of tokens does."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt


class KeyServer(ThreadingHTTPServer):
    """A server that publishes ``body`` as its key set, once ``is_open`` is set."""

    body = b""
    asked = 0

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.is_open = threading.Event()
        self.is_open.set()


class _Answer(BaseHTTPRequestHandler):
    server: KeyServer

    def do_GET(self) -> None:
        self.server.asked += 1
        self.server.is_open.wait(30)
        with suppress(OSError):  # who asked did not wait for the answer
            self.send_response(200)
            self.end_headers()
            self.wfile.write(self.server.body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def run_key_server() -> Iterator[KeyServer]:
    with KeyServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.is_open.set()
        server.shutdown()
        thread.join()


def jwk(public: str, kid: str, algorithm: str = "RS256") -> dict[str, Any]:
    kind: Any = jwt.get_algorithm_by_name(algorithm)
    return {**json.loads(kind.to_jwk(kind.prepare_key(public))), "kid": kid, "use": "sig", "alg": algorithm}


def key_set(*keys: dict[str, Any]) -> bytes:
    return json.dumps({"keys": keys}).encode()


def url_of(server: KeyServer) -> str:
    return f"http://127.0.0.1:{server.server_port}/keys"
