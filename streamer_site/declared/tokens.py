"""The settings of tokens and sign-ins."""

from typing import Final

from jobs.conf.kinds.numbers import CENTURY_DAYS, Whole
from jobs.conf.kinds.places import Url
from jobs.conf.kinds.words import Choice, Flag, Names, Text
from jobs.conf.setting import Setting
from realtime.limits.rates import parse_rate

ALGORITHMS: Final = ("HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512")
_DOTTED = r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+"
EARLIER_KEYS: Final = Names("keys of 32 bytes or more, separated by commas", r"[^\0]{32,}")
_RATE: Final = Text("a rate such as 30/min, or 0", may_be_empty=False, judge=parse_rate)

DECLARED: Final = (
    Setting("JWT_ALGORITHM", Choice(ALGORITHMS), "HS256"),
    Setting("JWT_SIGNING_KEY", Text("a key of 32 bytes or more"), "", is_secret=True),
    Setting("JWT_SIGNING_KEY_FALLBACKS", EARLIER_KEYS, [], is_secret=True),
    Setting("JWT_VERIFYING_KEY", Text("a public key (PEM)"), "", is_secret=True),
    Setting("JWT_JWKS_URL", Url(("https", "http"), "https://login.example.org/keys", takes_user=False), ""),
    Setting("JWT_ISSUER", Text(), ""),
    Setting("JWT_AUDIENCE", Text(), ""),
    Setting("JWT_LEEWAY_SECONDS", Whole(0, 86_400, "seconds"), 10),
    Setting("JWT_ACCESS_MINUTES", Whole(1, CENTURY_DAYS * 1440, "minutes"), 60),
    Setting("JWT_REFRESH_DAYS", Whole(1, CENTURY_DAYS, "days"), 7),
    # Sign-ins from one address and to one account, over the API and in the admin.
    Setting("STREAMER_TOKEN_RATE", _RATE, "30/min"),
    Setting("STREAMER_TOKEN_RATE_PER_ACCOUNT", _RATE, "120/min"),
    Setting("STREAMER_REFUSALS_LOGGED_PER_SECOND", Whole(0), 20),
    Setting("STREAMER_TOKEN_MAX_DAYS", Whole(1, CENTURY_DAYS, "days"), 30),
    Setting("STREAMER_REVOCATION_DAYS", Whole(1, CENTURY_DAYS, "days"), 3650),
    Setting(
        "STREAMER_SESSION_IDENTITY",
        Text("the path of a function, such as shop.people.identity", _DOTTED),
        "",
    ),
    Setting("STREAMER_QUERY_TOKENS", Flag(), False),
)
