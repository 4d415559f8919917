"""The options of the database connection, by kind of server."""

from collections.abc import Mapping
from typing import Any, Final

_SQLITE = {
    # Without both of the first two, writers in several processes get "database is locked".
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}
TIMEOUTS: Final = {"lock_timeout": "10s", "idle_in_transaction_session_timeout": "8s"}
"""PostgreSQL's settings that keep a process, stopped or cut off inside a transaction, from blocking all others."""
_POSTGRESQL = {
    # A server that is cut off does not answer. Without these, each query to it would wait for a quarter of an hour.
    "connect_timeout": 4,
    "keepalives_idle": 4,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 8_000,
}


def with_options(database: Mapping[str, Any], *, pooler: str = "") -> dict[str, Any]:
    """Add the options that Streamer needs to those of the URL.

    ``pooler="transaction"``: a pooler gives each transaction whichever connection is free.
    """
    given = database.get("OPTIONS", {})
    if database["ENGINE"].endswith("sqlite3"):
        return {**database, "ENGINE": "jobs.sqlite", "OPTIONS": _SQLITE}  # the same, and writers queue
    if database["ENGINE"].endswith("postgresql"):
        return {**database, **_of_pooler(pooler), "OPTIONS": {**_postgresql(database, pooler), **given}}
    return dict(database)


def _postgresql(database: Mapping[str, Any], pooler: str) -> dict[str, Any]:
    options: dict[str, Any] = dict(_POSTGRESQL)
    if "," in str(database.get("HOST", "")):
        # Of several hosts one is the primary, and after a failover another one is.
        options["target_session_attrs"] = "read-write"
    if not pooler:
        options["options"] = " ".join(f"-c {name}={value}" for name, value in TIMEOUTS.items())
    # Else they would be those of a connection that the next transaction does not get; the role has to have them.
    return options


def _of_pooler(pooler: str) -> dict[str, Any]:
    """A cursor of the server that outlives its transaction would be looked for on another connection."""
    return {"DISABLE_SERVER_SIDE_CURSORS": True} if pooler else {}
