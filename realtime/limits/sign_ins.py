"""The limit on sign-ins, by address and by account, counted in Redis for all web processes together.

Without Redis nobody can sign in: a limit that fails open is none for who can wait for an outage, or cause one.
"""

import unicodedata
from typing import Any, Final

from django.conf import settings
from django.utils.crypto import salted_hmac

from jobs.circuit import CircuitBreaker
from jobs.queue.wakeups import connection
from realtime.limits.addresses import network_of
from realtime.limits.rates import parse_rate
from realtime.limits.refusals import REFUSALS

breaker = CircuitBreaker("nobody can sign in until it is", name="sign_in")
RETRY_SECONDS: Final = 5.0
"""The time after which to try again while Redis is away."""
_PREFIX: Final = "streamer:sign-in:"
# Each key has the most attempts, and the milliseconds in which they may be made. An attempt counts for all of them, or
# for none: who is refused at an address cannot use up the attempts of an account.
_COUNT: Final = """
local wait, by = 0, 0
for i, key in ipairs(KEYS) do
    if tonumber(redis.call('GET', key) or '0') >= tonumber(ARGV[2 * i - 1]) then
        local left = redis.call('PTTL', key)
        if left > wait then wait, by = left, i end
    end
end
if by == 0 then
    for i, key in ipairs(KEYS) do
        if redis.call('INCR', key) == 1 then redis.call('PEXPIRE', key, ARGV[2 * i]) end
    end
end
return {wait, by}
"""


class LimitUnavailable(Exception):
    """Redis does not answer, so nobody is let in now."""


def seconds_to_wait(address: str, account: str = "") -> float | None:
    """Count an attempt. Return the seconds until the next one may be made, or None: this one may.

    ``account`` is the name that was given, of an account or not. Raises ``LimitUnavailable``. Not for the event loop.
    """
    rates = {"address": (network_of(address), settings.STREAMER_TOKEN_RATE)}
    if account:
        rates["account"] = (_folded(account), settings.STREAMER_TOKEN_RATE_PER_ACCOUNT)
    limits = {by: (_name(by, text), *parse_rate(rate)) for by, (text, rate) in rates.items() if parse_rate(rate)[0]}
    if not limits:
        return None
    answer: list[int] = []
    breaker.call(lambda: answer.extend(_count(list(limits.values()))))
    if not answer:
        REFUSALS.count("sign-ins", "unavailable")
        raise LimitUnavailable("Nobody can sign in right now")
    milliseconds, number = answer
    if not number:
        return None
    REFUSALS.count("sign-ins", list(limits)[number - 1])
    return max(1.0, milliseconds / 1000)


def _folded(account: str) -> str:
    """Fold what some databases and user models take for the same name."""
    return unicodedata.normalize("NFKC", account).strip().casefold()


def _name(by: str, text: str) -> str:
    """Return the name in Redis, from which nobody without the key of this installation reads an account or address."""
    digest = salted_hmac("streamer.sign-ins", text.encode("utf-8", "backslashreplace")).hexdigest()
    return f"{_PREFIX}{by}:{digest[:32]}"


def _count(limits: list[tuple[str, int, int]]) -> list[Any]:
    values = [value for _, most, seconds in limits for value in (most, 1000 * seconds)]
    return list(connection().eval(_COUNT, len(limits), *(name for name, _, _ in limits), *values))
