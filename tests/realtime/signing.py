"""Keys, and tokens signed with them, good and bad."""

import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from django.conf import settings as project_settings

from realtime.auth import Unauthorized, verify

UseBackend = Callable[..., None]
Pair = tuple[str, str]
"""Private and public key, PEM."""


def pem(key: Any) -> Pair:
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


def claims(**changed: Any) -> dict[str, Any]:
    """Make valid claims, with those in ``changed``; None removes one."""
    good = {"sub": "alice", "tenant_id": "acme", "permissions": ["reports.generate"], "exp": time.time() + 600}
    return {name: value for name, value in {**good, **changed}.items() if value is not None}


def sign(key: str | None = None, algorithm: str = "HS256", headers: Any = None, **changed: Any) -> str:
    return jwt.encode(
        claims(**changed),
        project_settings.JWT_SIGNING_KEY if key is None else key,
        algorithm=algorithm,
        headers=headers,
    )


def reason_of(token: str) -> str:
    with pytest.raises(Unauthorized) as caught:
        verify(token)
    assert str(caught.value)
    return caught.value.reason
