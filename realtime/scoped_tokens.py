"""Tokens that reach one request and nothing else, to read it: for a page, or a link in a mail.

They are signed with the key that signs the URLs of files, and nobody stores them.
"""

import base64
import binascii
import time
from typing import Final
from uuid import UUID

import msgspec
from django.core.signing import BadSignature, Signer

from realtime.auth import Identity, Unauthorized, precise_now

PREFIX: Final = "rt_"
DEFAULT_SECONDS: Final = 3_600
MAX_SECONDS: Final = 7 * 24 * 3_600
_MAX_CHARACTERS: Final = 2_048


class _Claims(msgspec.Struct, array_like=True):
    request_id: UUID
    tenant_id: str
    user_id: str
    issued_at: float
    expires_at: float
    token_id: str
    """The id of the token with which it was made: whoever revokes that one means this one too."""


def issue_scoped_token(identity: Identity, request_id: UUID, seconds: float) -> str:
    """Make a token for one request of the owner ``identity``, good for ``seconds`` from now."""
    now = precise_now()
    claims = _Claims(request_id, identity.tenant_id, identity.user_id, now, now + seconds, identity.token_id)
    text = base64.urlsafe_b64encode(msgspec.json.encode(claims)).decode().rstrip("=")
    return PREFIX + _signer().sign(text)


def verify_scoped_token(token: str) -> Identity:
    """Return the owner, bound to the one request, and without permissions. Raises ``Unauthorized``.

    A revocation of the owner must be asked for apart from this.
    """
    try:
        if len(token) > _MAX_CHARACTERS:
            raise ValueError
        text = _signer().unsign(token.removeprefix(PREFIX))
        claims = msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=_Claims)
    except (BadSignature, ValueError, binascii.Error, msgspec.MsgspecError):
        raise Unauthorized("token_invalid", "The token is not valid") from None
    if time.time() >= claims.expires_at:
        raise Unauthorized("token_expired", "The token has expired")
    return Identity(
        user_id=claims.user_id,
        tenant_id=claims.tenant_id,
        permissions=frozenset(),
        expires_at=claims.expires_at,
        issued_at=claims.issued_at,
        token_id=claims.token_id,
        request_id=claims.request_id,
    )


def _signer() -> Signer:
    return Signer(salt="streamer.scoped-token", sep=".")
