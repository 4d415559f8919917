"""Tokens that Streamer itself issues: for Django users over HTTP, and by command."""

import hashlib
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ObjectDoesNotExist
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.throttling import AnonRateThrottle
from rest_framework_simplejwt.serializers import TokenObtainPairSerializer, TokenRefreshSerializer
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken
from rest_framework_simplejwt.views import TokenObtainPairView, TokenRefreshView

from jobs.jsonable import is_storable
from realtime.models import Membership


def issue_token(*, user_id: str, tenant_id: str, permissions: list[str], ttl: timedelta) -> str:
    """Issue a signed access token. For operators and tests: the caller may act as any user."""
    token = AccessToken()
    token.set_exp(lifetime=ttl)
    token["sub"] = user_id
    token["tenant_id"] = tenant_id
    token["permissions"] = permissions
    return str(token)


class _TokenThrottle(AnonRateThrottle):
    scope = "token"


class _ObtainSerializer(TokenObtainPairSerializer):
    # The field that clients send, whatever the user model calls it. Django's backends accept it too.
    username_field = "username"

    @classmethod
    def get_token(cls, user: Any) -> Any:
        """Make the refresh token. Every access token made from it copies its claims."""
        token = super().get_token(user)
        _set_membership(token, user.get_username())
        return token


class _RefreshSerializer(TokenRefreshSerializer):
    def validate(self, attrs: dict[str, Any]) -> dict[str, str]:
        """Make an access token with the membership of today, not of the sign-in."""
        refresh = RefreshToken(attrs["refresh"])
        username = refresh.get("sub")
        try:
            if not isinstance(username, str) or not is_storable(username):
                raise ObjectDoesNotExist
            data: dict[str, str] = super().validate(attrs)
        except ObjectDoesNotExist:
            raise AuthenticationFailed("The user of this token does not exist any more") from None
        access = refresh.access_token
        _set_membership(access, username)
        return {**data, "access": str(access)}


class ObtainTokenView(TokenObtainPairView):
    """``POST {username, password}`` → ``{access, refresh}``."""

    serializer_class = _ObtainSerializer
    throttle_classes = (_TokenThrottle,)


class RefreshTokenView(TokenRefreshView):
    """``POST {refresh}`` → ``{access}``."""

    serializer_class = _RefreshSerializer
    throttle_classes = (_TokenThrottle,)


def _set_membership(token: Any, username: str) -> None:
    """Set tenant and permissions. A user without a membership gets a tenant of their own and no permission."""
    membership = Membership.objects.filter(**{f"user__{get_user_model().USERNAME_FIELD}": username}).first()
    own_tenant = f"user:{hashlib.sha256(username.encode()).hexdigest()}" if len(username) > 100 else f"user:{username}"
    token["tenant_id"] = membership.tenant_id if membership else own_tenant
    token["permissions"] = membership.permissions if membership else []
