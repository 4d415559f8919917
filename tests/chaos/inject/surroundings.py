"""Changes what surrounds a process: hosts have no names, or the clock has jumped, while a file says so."""

import os
import socket
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

_DIR = Path(os.environ.get("STREAMER_CHAOS_DIR", "."))
Function = Callable[..., Any]

# --- names of hosts --------------------------------------------------------------------------------------------------

_NO_NAMES = _DIR.parent / "no-names"
_AWAY = "Temporary failure in name resolution"


def _resolve(original: Function) -> Function:
    def getaddrinfo(*args: Any, **kwargs: Any) -> Any:
        if _NO_NAMES.exists():
            raise socket.gaierror(socket.EAI_AGAIN, _AWAY)
        return original(*args, **kwargs)

    return getaddrinfo


def _connect_to_postgres(original: Function) -> Function:
    """Fail as libpq does, which asks for names without Python."""

    def get_new_connection(self: Any, parameters: Any) -> Any:
        if _NO_NAMES.exists():
            raise sys.modules["psycopg"].OperationalError(f"could not translate host name: {_AWAY}")
        return original(self, parameters)

    return get_new_connection


# --- the clock -------------------------------------------------------------------------------------------------------

_CLOCK = _DIR.parent / "clock"
_CLOCK_LOOK_SECONDS = 0.05
_real_time = time.time
_jumped = {"seconds": 0, "looked_at": float("-inf")}


def _jump_seconds() -> float:
    """Return the seconds by which the clock has jumped. The monotonic clock, which measures waits, never does."""
    if time.monotonic() - _jumped["looked_at"] > _CLOCK_LOOK_SECONDS:
        _jumped["looked_at"] = time.monotonic()
        try:
            _jumped["seconds"] = int(_CLOCK.read_text())
        except (OSError, ValueError):
            _jumped["seconds"] = 0
    return _jumped["seconds"]


def _now(original: Function) -> Function:
    return lambda: original() + timedelta(seconds=_jump_seconds())


WRAPPERS = {
    "django.db.backends.postgresql.base": {"DatabaseWrapper.get_new_connection": _connect_to_postgres},
    "django.utils.timezone": {"now": _now},
}


def change() -> None:
    """Have this process ask here for the time and for names."""
    time.time = lambda: _real_time() + _jump_seconds()
    socket.getaddrinfo = _resolve(socket.getaddrinfo)
