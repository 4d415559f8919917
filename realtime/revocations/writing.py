"""Revokes tokens: writes the row, then tells every web process. One that is not told reads it within a second."""

import time
from typing import Final

from django.db import transaction
from django.utils import timezone

from jobs.log.publishing import send_hints
from realtime.models import Revocation

GROUP: Final = "revocations"
"""The channel-layer group of the web processes, which get a hint of each revocation."""

SIGNED_OUT: Final = "signed out"
"""The reason of a sign-out. Its row is deleted soon: refresh tokens are kept out by another one."""


def revoke_tokens(*, tenant_id: str = "", user_id: str = "", token_id: str = "", reason: str = "") -> None:
    """Void the tokens that were issued until now: of a user, of a tenant, of a user in it, or the one named.

    ``token_id`` is the claim ``jti`` of one token, or ``sid`` of all that came of one sign-in.

    Inside a transaction the revocation is committed with it, and then holds for all tokens issued until the commit.
    Raises ``ValueError`` for names that no token can have.
    """
    if not (tenant_id or user_id or token_id):
        raise ValueError("A revocation names a user, a tenant or a token")
    if len(tenant_id) > 128 or len(user_id) > 150 or len(token_id) > 255:
        raise ValueError("A tenant has at most 128 characters, a user 150, and the id of a token 255")
    row = Revocation(tenant_id=tenant_id, user_id=user_id, token_id=token_id, reason=reason)
    _write(row)
    if transaction.get_connection().in_atomic_block:
        # Until the commit, others sign in with the old password.
        transaction.on_commit(lambda: _write_again(row), robust=True)
    else:
        tell()


def wait_for_next_second() -> None:
    """Wait until tokens of issuers that count whole seconds show that they came after a revocation of now."""
    now = time.time()
    time.sleep(int(now) + 1 - now)


def tell() -> None:
    """Have every web process read the revocations again."""
    send_hints([(GROUP, {"type": "revocations.changed"})])


def _write(row: Revocation) -> None:
    row.issued_before = row.changed_at = timezone.now()
    Revocation.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["tenant_id", "user_id", "token_id"],
        update_fields=["issued_before", "changed_at", "reason"],
    )


def _write_again(row: Revocation) -> None:
    _write(row)
    tell()
