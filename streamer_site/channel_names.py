"""The names of the channel layer in Redis."""

from typing import Final

from jobs.conf.redis_url import redis_number

_PREFIX: Final = "streamer"


def channel_prefix(redis_url: str) -> str:
    """Return the beginning of the names for a Redis: another one for each of its numbered databases.

    Its publish and subscribe know no such numbers, so two installations would get each other's messages.
    """
    try:
        number = redis_number(redis_url)
    except ValueError:  # whoever connects is told what is wrong with it
        number = 0
    return f"{_PREFIX}.{number}" if number else _PREFIX
