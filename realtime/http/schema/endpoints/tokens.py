"""The declarations of the endpoints that give out tokens."""

from jobs.errors import ErrorCode
from realtime.http.schema.bodies import Credentials, RefreshToken, SignInCode, TokenPair
from realtime.http.schema.declarations import Answer, Endpoint, Operation, Resource

_ERRORS = (
    ErrorCode.UNAUTHORIZED,
    (406, ErrorCode.VALIDATION_ERROR),
    (415, ErrorCode.VALIDATION_ERROR),
    ErrorCode.RATE_LIMITED,
    ErrorCode.SERVICE_UNAVAILABLE,
)

TOKENS = Resource(
    name="Tokens",
    description="Sign in. They exist only where Streamer has a key to sign with.",
    endpoints=(
        Endpoint(
            path="/api/token/",
            operations=(
                Operation(
                    method="post",
                    name="obtainToken",
                    summary="Sign in with a name and a password",
                    security="none",
                    body=Credentials,
                    body_example={"username": "demo", "password": "…"},
                    answers=(Answer(status=200, description="A pair of tokens.", body=TokenPair),),
                    errors=_ERRORS,
                ),
            ),
        ),
        Endpoint(
            path="/api/token/link/",
            operations=(
                Operation(
                    method="post",
                    name="obtainTokenByLink",
                    summary="Sign in with the code of a sign-in link",
                    description="A link works once, within five minutes. Its code is in the fragment of its URL.",
                    security="none",
                    body=SignInCode,
                    body_example={"code": "…"},
                    answers=(Answer(status=200, description="A pair of tokens.", body=TokenPair),),
                    errors=_ERRORS,
                ),
            ),
        ),
        Endpoint(
            path="/api/token/refresh/",
            operations=(
                Operation(
                    method="post",
                    name="refreshToken",
                    summary="Exchange a refresh token for the next pair",
                    description="The old refresh token has been used up. A use more than a minute later means that it "
                    "was copied: all that came of the same sign-in ends.",
                    security="none",
                    body=RefreshToken,
                    body_example={"refresh": "eyJhbGciOi…"},
                    answers=(Answer(status=200, description="The next pair of tokens.", body=TokenPair),),
                    errors=_ERRORS,
                ),
            ),
        ),
        Endpoint(
            path="/api/token/logout/",
            operations=(
                Operation(
                    method="post",
                    name="signOut",
                    summary="End a sign-in, with all tokens and sockets that came of it",
                    security="none",
                    body=RefreshToken,
                    body_example={"refresh": "eyJhbGciOi…"},
                    answers=(Answer(status=204, description="Nothing that came of the sign-in is taken any more."),),
                    errors=tuple(error for error in _ERRORS if error is not ErrorCode.RATE_LIMITED),
                ),
            ),
        ),
    ),
)
