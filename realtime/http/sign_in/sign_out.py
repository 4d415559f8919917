"""The sign-out: it ends a refresh token and everything that came of the same sign-in, open sockets included."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError

from realtime.http.sign_in.log import log_refused_sign_in
from realtime.http.sign_in.rotation import RotatingToken
from realtime.http.sign_in.uncached import UncachedView
from realtime.revocations.table import TABLE
from realtime.revocations.writing import SIGNED_OUT, revoke_tokens


class _SignOutSerializer(serializers.Serializer[Any]):
    refresh = serializers.CharField(write_only=True)


class SignOutView(UncachedView):
    """``POST {refresh}`` → 204. Neither refresh nor access tokens of the same sign-in are taken any more."""

    # The refresh token says who asks. It takes a sign-in to have one, so there is no limit on these.
    authentication_classes = ()
    permission_classes = ()

    def post(self, request: Request) -> Response:
        body = _SignOutSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        end_sign_in(_token_in(request, body.validated_data["refresh"]))
        return Response(status=204)

    def get_authenticate_header(self, request: Request) -> str:
        """Return the challenge of a refusal. Without one the framework would answer with 403."""
        return "Bearer"


def end_sign_in(token: RotatingToken) -> None:
    """End what came of the sign-in. It costs nothing where that has been done."""
    if token.sign_in_id in TABLE.cutoffs.tokens:
        return
    token.end_family()
    revoke_tokens(token_id=token.sign_in_id, reason=SIGNED_OUT)


def _token_in(request: Request, text: str) -> RotatingToken:
    try:
        token = RotatingToken(text)  # type: ignore[arg-type]
        if not token.sign_in_id:
            raise TokenError("This token does not come from a sign-in at this service")
    except TokenError as error:
        log_refused_sign_in(request, "token_invalid")
        raise InvalidToken(error.args[0]) from None
    return token
