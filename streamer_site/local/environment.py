"""The environment of a stack's processes: that of whoever starts it, and what a local stack needs on top."""

import os
from collections.abc import Mapping
from pathlib import Path

# People read the logs of a local stack and need each line as it is written. On the own machine, no proxy logs URLs.
_DEFAULTS = {
    "LOG_JSON": "false",
    "PYTHONUNBUFFERED": "1",
    "STREAMER_QUERY_TOKENS": "true",
    "STREAMER_API_DOCS": "everybody",
}
_SETTINGS = (
    *("STREAMER_", "JWT_", "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "SECURE_COOKIES", "ALLOWED_HOSTS"),
    *("CSRF_TRUSTED_ORIGINS", "TRUST_PROXY", "TRUSTED_PROXIES", "DEBUG", "LOG_LEVEL", "LOG_JSON"),
)
# environ reads NAME_FILE where NAME is not set.
_REDIS_VARIABLES = ("REDIS_URL", "REDIS_URL_FILE")


def stack_environment(data_dir: Path, env: Mapping[str, str], *, inherit_settings: bool) -> dict[str, str]:
    """Lay ``env`` over the environment of this process, with or without the settings of Streamer that it has."""
    inherited = {
        name: value for name, value in os.environ.items() if inherit_settings or not name.startswith(_SETTINGS)
    }
    return {**_DEFAULTS, **inherited, **env, "STREAMER_DATA_DIR": str(data_dir)}


def names_redis(env: Mapping[str, str]) -> bool:
    """Tell whether the settings name a Redis, so that no embedded one is started."""
    return any(env.get(variable) for variable in _REDIS_VARIABLES)
