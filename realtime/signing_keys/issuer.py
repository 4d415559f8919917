"""The public keys of an issuer, by URL (JWKS): kept for a while, and fetched anew without anybody waiting for it.

PyJWT's own client fetches under one lock, for up to half a minute. So a slow issuer would hold up every token of the
process, and anybody can have it ask: a token needs no more than the name of a key that nobody knows.
"""

import logging
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

from jwt import PyJWK, PyJWKClient
from jwt.algorithms import get_default_algorithms
from jwt.exceptions import InvalidKeyError, PyJWKClientConnectionError, PyJWKClientError

from jobs.repeats import REPEATS

logger = logging.getLogger(__name__)

REFRESH_SECONDS = 300.0
"""The age from which keys are fetched anew, while the old ones still serve."""
MAX_AGE_SECONDS = 3600.0
"""The age up to which keys serve while their issuer is away."""
COOLDOWN_SECONDS = 5.0
"""The least time between two fetches."""
TIMEOUT_SECONDS = 5.0


class IssuerKeys(PyJWKClient):
    """The keys at one URL that fit one algorithm. May be used by many threads."""

    def __init__(self, url: str, algorithm: str) -> None:
        super().__init__(url, cache_jwk_set=False, timeout=TIMEOUT_SECONDS)
        self._algorithm = get_default_algorithms()[algorithm]
        self._lock = threading.Lock()
        self._keys: Mapping[str, PyJWK] = {}
        self._fetched_at = float("-inf")
        self._ended_at = float("-inf")
        self._has_failed = False
        self._fetch: Future[None] | None = None

    def get_signing_key(self, kid: str | None) -> PyJWK:
        """Return the key called ``kid``. Only who asks for a new key waits.

        Raises ``PyJWKClientError`` if there is none, ``PyJWKClientConnectionError`` if that cannot be known now.
        """
        if kid is None:
            raise PyJWKClientError("The token names no key")
        age = time.monotonic() - self._fetched_at
        if age > MAX_AGE_SECONDS:
            self._keys = {}
        elif key := self._keys.get(kid):
            if age > REFRESH_SECONDS:
                self._begin()
            return key
        self._await_news()
        if key := self._keys.get(kid):
            return key
        raise PyJWKClientError("The issuer has no such key")

    def _await_news(self) -> None:
        """Wait for the fetch that this call begins, or, without any key, for that of another."""
        running, is_own = self._begin()
        if running is None:
            if self._has_failed:
                raise PyJWKClientConnectionError("The keys could not be fetched a moment ago")
            return
        if not is_own and self._keys:
            raise PyJWKClientConnectionError("The keys are being fetched")
        try:
            running.result(2 * TIMEOUT_SECONDS)
        except TimeoutError:
            raise PyJWKClientConnectionError("The keys do not arrive") from None

    def _begin(self) -> tuple[Future[None] | None, bool]:
        """Return the fetch under way, and True if this call began it. None: the last one ended a moment ago."""
        with self._lock:
            if self._fetch is not None:
                return self._fetch, False
            if time.monotonic() - self._ended_at < COOLDOWN_SECONDS:
                return None, False
            begun = self._fetch = Future()
        threading.Thread(target=self._work, args=(begun,), name="issuer-keys", daemon=True).start()
        return begun, True

    def _work(self, begun: Future[None]) -> None:
        failure: Exception | None = None
        try:
            keys = {str(key.key_id): key for key in self.get_signing_keys() if self._fits(key)}
        except Exception as error:  # an issuer may answer anything
            logger.warning("The keys of the issuer could not be fetched: %s", error, extra=REPEATS)
            failure = PyJWKClientConnectionError("The keys could not be fetched")
        else:
            self._keys, self._fetched_at = keys, time.monotonic()
        with self._lock:
            self._has_failed, self._ended_at, self._fetch = failure is not None, time.monotonic(), None
        if failure is None:
            begun.set_result(None)
        else:
            begun.set_exception(failure)

    def _fits(self, key: PyJWK) -> bool:
        """Return False for a key of another kind or curve: an issuer may publish several."""
        try:
            self._algorithm.prepare_key(key.key)
        except (InvalidKeyError, TypeError, ValueError):
            return False
        return True


def with_issuer_keys(backend: Any) -> Any:
    """Have a backend of simplejwt take its keys from here, if they come from a URL."""
    client = backend.jwks_client
    if client is not None and not isinstance(client, IssuerKeys):
        backend.jwks_client = IssuerKeys(client.uri, backend.algorithm)
    return backend
