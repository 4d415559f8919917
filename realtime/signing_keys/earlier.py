"""Tokens that an earlier shared key signed are taken until that key is taken out of the settings."""

from functools import lru_cache
from typing import Any

from django.conf import settings
from jwt.exceptions import InvalidSignatureError
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError, TokenBackendExpiredToken


def with_earlier_keys(backend: Any) -> Any:
    """Have a backend of simplejwt take what the keys of ``JWT_SIGNING_KEY_FALLBACKS`` signed. It signs with its own."""
    keys = getattr(settings, "JWT_SIGNING_KEY_FALLBACKS", ())
    if not keys or not backend.algorithm.startswith("HS"):
        return backend
    return _with(backend, tuple(keys))


@lru_cache(1)
def _with(backend: TokenBackend, keys: tuple[str, ...]) -> "_EarlierKeys":
    return _EarlierKeys(backend, keys)


class _EarlierKeys:
    """A backend that asks the earlier ones about a signature that is not its own."""

    def __init__(self, backend: TokenBackend, keys: tuple[str, ...]) -> None:
        self._backend = backend
        self._earlier = [
            TokenBackend(
                backend.algorithm,
                key,
                audience=backend.audience,
                issuer=backend.issuer,
                leeway=backend.leeway,
                json_encoder=backend.json_encoder,
            )
            for key in keys
        ]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    def decode(self, token: Any, verify: bool = True) -> dict[str, Any]:
        """Return the claims. Raises ``TokenBackendError``, as simplejwt's own backend does."""
        try:
            return self._backend.decode(token, verify=verify)
        except TokenBackendExpiredToken:
            raise
        except TokenBackendError as error:
            if not isinstance(error.__cause__, InvalidSignatureError):
                raise
            for backend in self._earlier:
                try:
                    return backend.decode(token, verify=verify)
                except TokenBackendExpiredToken:
                    raise
                except TokenBackendError:
                    continue
            raise
