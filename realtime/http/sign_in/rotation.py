"""Refresh tokens, each of which can be used once, and none after a sign-out or a change of the password.

A used token buys a new one of the same family, the tokens that come of one sign-in, with the same end. A token that is
used again was copied. Nobody knows by whom, so its whole family ends.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from rest_framework_simplejwt.tokens import RefreshToken

from realtime.models import SpentRefreshToken
from realtime.signing_keys.earlier import with_earlier_keys

LEEWAY = timedelta(seconds=60)
"""The time in which a token may be used again: its answer may be lost, and two tabs may share it."""
_FAMILY = "family"
_PASSWORD = "password_state"


class Reused(Exception):
    """The token was used before, or another of its family was used twice."""


class RotatingToken(RefreshToken):
    """A refresh token with its family and the state of the password; access tokens have neither."""

    no_copy_claims = (*RefreshToken.no_copy_claims, _FAMILY, _PASSWORD)  # type: ignore[assignment]  # a tuple of any length

    def get_token_backend(self) -> Any:
        return with_earlier_keys(super().get_token_backend())

    @classmethod
    def for_user(cls, user: Any) -> "RotatingToken":
        token = cast(RotatingToken, super().for_user(user))
        token[_FAMILY] = token["jti"]
        token[_PASSWORD] = user.get_session_auth_hash()
        return token

    @property
    def sign_in_id(self) -> str:
        """Return the id of the sign-in that the token came of; empty for a token of another maker."""
        return str(self.get(_FAMILY, ""))

    def fits_password_of(self, user: Any) -> bool:
        """Return True if the password has not been changed since, under this ``SECRET_KEY`` or an earlier one."""
        state = str(self.get(_PASSWORD, ""))
        hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
        return any(constant_time_compare(state, one) for one in hashes)

    def spend(self) -> None:
        """Turn into the next token of the family, so that this one cannot be used again. Raises ``Reused``."""
        if not _is_first_use(self["jti"], self._family_row, self._expires_at):
            raise Reused
        self.set_jti()

    def end_family(self) -> None:
        """End all refresh tokens of the family, as after a second use."""
        row = SpentRefreshToken(token_id=self._family_row, spent_at=timezone.now(), expires_at=self._expires_at)
        SpentRefreshToken.objects.bulk_create([row], ignore_conflicts=True)

    @property
    def _family_row(self) -> str:
        return f"{_FAMILY}:{self[_FAMILY]}"

    @property
    def _expires_at(self) -> datetime:
        return datetime.fromtimestamp(self["exp"], UTC)


def _is_first_use(token_id: str, family: str, expires_at: datetime) -> bool:
    now = timezone.now()
    with transaction.atomic():
        spent = SpentRefreshToken.objects.in_bulk([token_id, family])
        if family in spent:
            return False
        is_first = token_id not in spent or now - spent[token_id].spent_at <= LEEWAY
        row = SpentRefreshToken(token_id=token_id if is_first else family, spent_at=now, expires_at=expires_at)
        # Of two uses at the same moment, both are within the leeway.
        SpentRefreshToken.objects.bulk_create([row], ignore_conflicts=True)
    return is_first
