"""Tokens that Streamer itself issues: for Django users over HTTP, and by command."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from rest_framework import serializers
from rest_framework.exceptions import APIException, AuthenticationFailed
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.serializers import TokenObtainSerializer, TokenRefreshSerializer
from rest_framework_simplejwt.tokens import AccessToken
from rest_framework_simplejwt.views import TokenObtainPairView, TokenRefreshView, TokenViewBase

from jobs.jsonable import is_storable
from realtime.auth import Unauthorized, precise_now, read_claims
from realtime.http.sign_in.links import LinkRefused, use_link
from realtime.http.sign_in.log import Reason, log_refused_sign_in
from realtime.http.sign_in.rotation import Reused, RotatingToken
from realtime.http.sign_in.uncached import UncachedView
from realtime.limits.addresses import address_of
from realtime.limits.sign_ins import LimitUnavailable, seconds_to_wait
from realtime.models import Membership
from realtime.revocations.table import TABLE


def issue_token(*, user_id: str, tenant_id: str, permissions: list[str], ttl: timedelta) -> str:
    """Issue a signed access token. For operators and tests: the caller may act as any user."""
    token = AccessToken()
    token.set_exp(lifetime=ttl)
    token["sub"] = user_id
    token["tenant_id"] = tenant_id
    token["permissions"] = permissions
    token["iat"] = precise_now()
    return str(token)


class _SignInThrottle(BaseThrottle):
    _seconds: float | None = None

    def allow_request(self, request: Request, view: APIView) -> bool:
        account, fault = _account_in(request) if isinstance(view, ObtainTokenView) else ("", None)
        try:
            self._seconds = seconds_to_wait(address_of(request), account)
        except LimitUnavailable:
            log_refused_sign_in(request, "limit_unavailable")
            raise
        if self._seconds is not None:
            log_refused_sign_in(request, "rate_limited")
        elif fault is not None:
            raise fault
        return self._seconds is None

    def wait(self) -> float | None:
        return self._seconds


def _account_in(request: Request) -> tuple[str, APIException | None]:
    """Return the name of the account as the serializer will read it, or the fault of a body that cannot be read."""
    try:
        name = request.data.get("username") if isinstance(request.data, Mapping) else None
    except APIException as fault:
        return "", fault
    return (str(name) if isinstance(name, str | int | float) else ""), None


class _ObtainSerializer(TokenObtainSerializer):
    # The field that clients send, whatever the user model calls it. Django's backends accept it too.
    username_field = "username"
    token_class = RotatingToken

    def validate(self, attrs: dict[str, Any]) -> dict[str, str]:
        """Check the password, and issue both tokens as of the moment before.

        A password that is changed meanwhile voids them.
        """
        issued_at = precise_now()
        super().validate(attrs)
        return _pair(self.get_token(self.user), issued_at)

    @classmethod
    def get_token(cls, user: Any) -> Any:
        """Make the refresh token. Every access token made from it copies its claims."""
        token = super().get_token(user)
        _set_membership(token, user.get_username())
        return token


class _LinkSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(write_only=True, max_length=128)

    def validate(self, attrs: dict[str, Any]) -> dict[str, str]:
        """Use the link up, and issue both tokens."""
        request = self.context.get("request")
        issued_at = precise_now()
        try:
            user, made_at = use_link(attrs["code"])
            token = _ObtainSerializer.get_token(user)
            token["iat"] = made_at.timestamp()
            # A revocation of the user voids the links that were made before it, too.
            TABLE.refresh()
            TABLE.judge(read_claims(token.payload))
        except LinkRefused as refusal:
            log_refused_sign_in(request, refusal.reason, refusal.user)
            raise AuthenticationFailed(str(refusal)) from None
        except Unauthorized:
            log_refused_sign_in(request, "token_revoked", user.get_username())
            raise AuthenticationFailed(
                "The access of this account was ended after this sign-in link was made."
            ) from None
        return _pair(token, issued_at)


class _RefreshSerializer(TokenRefreshSerializer):
    def validate(self, attrs: dict[str, Any]) -> dict[str, str]:
        """Make both tokens anew, with the membership of today, not of the sign-in."""
        issued_at = precise_now()
        try:
            token = RotatingToken(attrs["refresh"])
        except TokenError:
            self._log("token_invalid")
            raise
        user = _user_of(token)
        if user is None:
            raise self._refusal("unknown_user", "The user of this token does not exist any more")
        name = user.get_username()
        if not user.is_active:
            raise self._refusal("inactive_user", "The account of this token is not active", name)
        if not token.fits_password_of(user):
            raise self._refusal("password_changed", "The password has been changed; sign in again", name)
        try:
            # What this process knows of revocations may be a second old. The new tokens would escape a later one.
            TABLE.refresh()
            TABLE.judge(read_claims(token.payload))
        except Unauthorized:
            raise self._refusal("token_revoked", "This token has been revoked; sign in again", name) from None
        try:
            token.spend()
        except Reused:
            raise self._refusal("token_reused", "This token has been used before; sign in again", name) from None
        _set_membership(token, name)
        return _pair(token, issued_at)

    def _refusal(self, reason: Reason, text: str, user: str | None = None) -> AuthenticationFailed:
        self._log(reason, user)
        return AuthenticationFailed(text)

    def _log(self, reason: Reason, user: str | None = None) -> None:
        log_refused_sign_in(self.context.get("request"), reason, user)


class _TokenView(UncachedView, TokenViewBase):
    throttle_classes = (_SignInThrottle,)


class ObtainTokenView(_TokenView, TokenObtainPairView):
    """``POST {username, password}`` → ``{access, refresh}``."""

    serializer_class = _ObtainSerializer


class LinkTokenView(_TokenView, TokenViewBase):
    """``POST {code}``, of a sign-in link → ``{access, refresh}``. The link has been used up."""

    serializer_class = _LinkSerializer


class RefreshTokenView(_TokenView, TokenRefreshView):
    """``POST {refresh}`` → ``{access, refresh}``. The old refresh token has been used up."""

    serializer_class = _RefreshSerializer


def _pair(refresh: RotatingToken, issued_at: float) -> dict[str, str]:
    access = refresh.access_token
    access["sid"] = refresh.sign_in_id
    access["iat"] = refresh["iat"] = issued_at
    return {"access": str(access), "refresh": str(refresh)}


def _user_of(token: RotatingToken) -> Any | None:
    model, name = get_user_model(), token.get("sub")
    if not isinstance(name, str) or not is_storable(name):
        return None
    return model._default_manager.filter(**{model.USERNAME_FIELD: name}).first()


def _set_membership(token: Any, username: str) -> None:
    """Set tenant and permissions. A user without a membership gets a tenant of their own and no permission."""
    membership = Membership.objects.filter(**{f"user__{get_user_model().USERNAME_FIELD}": username}).first()
    own_tenant = f"user:{hashlib.sha256(username.encode()).hexdigest()}" if len(username) > 100 else f"user:{username}"
    token["tenant_id"] = membership.tenant_id if membership else own_tenant
    token["permissions"] = membership.permissions if membership else []
