"""The services that Streamer needs: the database with its tables, Redis, and a folder that it can write to.

Each that is missing is told with its place, the reason, and what Streamer does meanwhile. No text has a password.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any, Final

import redis
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db import Error as DatabaseError
from django.db.migrations.executor import MigrationExecutor
from redis.backoff import NoBackoff
from redis.retry import Retry

from jobs.conf import redis_url

RETRY_SECONDS: Final = 1.0
_ANSWER_SECONDS: Final = 2.0
_APPS: Final = ("jobs", "realtime")
_MAX_REASON = 160
_AGAIN: Final = f"Streamer waits, and tries again every {RETRY_SECONDS:g} s."
_NO_DATABASE: Final = "No request is accepted without it."
_POOLER: Final = "A pooler stands before it: set STREAMER_DATABASE_POOLER=transaction."
_are_tables_there = False


@dataclass(frozen=True, kw_only=True)
class Missing:
    """A service that does not do its part."""

    name: str
    """``database``, ``migrations``, ``redis`` or ``folder``."""
    problem: str
    """The service, where it was looked for, and why it is missing. Without a period."""
    advice: str
    """The effect, or what people can do."""

    @property
    def short_line(self) -> str:
        """Say it to who gave a command that ends without it."""
        return f"{self.problem}. {self.advice}"

    @property
    def line(self) -> str:
        """Say it to who started a process that waits for it."""
        return f"{self.short_line} {_AGAIN}"


def find_missing(*, with_tables: bool = True) -> list[Missing]:
    """Look for everything that is missing. ``with_tables=False``: the migrations are applied later."""
    found = [missing_folder(), _database(), _redis()]
    missing = [one for one in found if one is not None]
    if with_tables and not any(one.name == "database" for one in missing) and (tables := missing_tables()):
        missing.append(tables)
    return missing


def wait_for_services(tell: Callable[[str], object], look: Callable[[], Sequence[Missing]] = find_missing) -> None:
    """Return as soon as nothing is missing. Call ``tell`` with a line for whatever is, once, and for its return."""
    told: dict[str, Missing] = {}
    while True:
        missing = {one.name: one for one in look()}
        for line in changes(told, missing):
            tell(line)
        told = missing
        if not missing:
            return
        time.sleep(RETRY_SECONDS)


def changes(before: dict[str, Missing], now: dict[str, Missing]) -> Iterator[str]:
    """Yield a line for each service that is missing only now, and one for each that has come back."""
    yield from (one.line for name, one in now.items() if name not in before)
    yield from (f"{_SUBJECTS[name]} again." for name in before if name not in now)


def missing_database() -> Missing | None:
    """Return None if the database answers and every migration is applied."""
    return _database() or missing_tables()


def missing_tables() -> Missing | None:
    """Return None once every migration is applied. The database must answer; raises ``django.db.Error`` otherwise."""
    global _are_tables_there
    if _are_tables_there:  # nobody takes them back under a process that serves
        return None
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    targets = [node for node in executor.loader.graph.leaf_nodes() if node[0] in _APPS]
    plan = executor.migration_plan(targets)
    if not plan:
        _are_tables_there = True
        return None
    first = plan[0][0]
    count = f"{len(plan)} migrations are" if len(plan) > 1 else "1 migration is"
    problem = f"The database at {database_place()} is not up to date: {count} not applied, the first {first}"
    return Missing(name="migrations", problem=problem, advice="Run 'manage.py migrate'.")


def missing_folder() -> Missing | None:
    """Return None if the folder for scratch files takes a file."""
    folder = Path(settings.STREAMER_SCRATCH_DIR)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(64 * 1024))
        return None
    except OSError as error:
        problem = f"The folder {folder} cannot be written: {reason_of(error)}"
        return Missing(name="folder", problem=problem, advice="Make room, or correct its permissions.")


def database_place() -> str:
    """Return the hosts and ports of the database, or the path of its file."""
    database: dict[str, Any] = settings.DATABASES[DEFAULT_DB_ALIAS]
    if "sqlite" in database["ENGINE"]:
        return str(database["NAME"])
    hosts = str(database.get("HOST") or database.get("OPTIONS", {}).get("host") or "the local socket").split(",")
    ports = str(database.get("PORT") or 5432).split(",")
    # One port may stand for several hosts.
    return ", ".join(f"{host}:{port}" for host, port in zip(hosts, cycle(ports), strict=False))


def redis_place(url: str = "") -> str:
    """Return the host and port of Redis, the path of its socket, or the service and its sentinels."""
    return redis_url.redis_place(url or settings.REDIS_URL)


def reason_of(error: BaseException) -> str:
    """Return why a service does not answer, in a few words."""
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, OSError) and inner.strerror:
            return inner.strerror
        inner = inner.__cause__ or inner.__context__
    first = next(iter(str(error).strip().splitlines()), "") or type(error).__name__
    return first.rpartition(" failed: ")[2].strip().rstrip(".")[:_MAX_REASON]


def _database() -> Missing | None:
    connection = connections[DEFAULT_DB_ALIAS]
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return None
    except DatabaseError as error:
        with suppress(DatabaseError):
            connection.close()
        problem = f"The database does not answer at {database_place()} (DATABASE_URL): {reason_of(error)}"
        return Missing(
            name="database", problem=problem, advice=_POOLER if _is_refused_by_pooler(error) else _NO_DATABASE
        )


def _is_refused_by_pooler(error: DatabaseError) -> bool:
    """Return True for PgBouncer's answer to options of a connection that the next transaction would not have."""
    return "unsupported startup parameter" in str(error)


def _redis() -> Missing | None:
    options: dict[str, Any] = {"socket_timeout": _ANSWER_SECONDS, "socket_connect_timeout": 1, "driver_info": None}
    try:
        with redis_url.redis_client(settings.REDIS_URL, retry=Retry(NoBackoff(), 0), **options) as client:
            client.ping()
        return None
    except (redis.RedisError, OSError) as error:
        problem = f"Redis does not answer at {redis_place()} (REDIS_URL): {reason_of(error)}"
        return Missing(name="redis", problem=problem, advice="Requests are kept, and run later.")


_SUBJECTS: Final = {
    "database": "The database answers",
    "migrations": "The database is up to date",
    "redis": "Redis answers",
    "folder": "The scratch folder can be written",
}
