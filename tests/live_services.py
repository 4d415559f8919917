"""The database and the Redis of a live stack, when the environment names servers for them: fresh, and gone after."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import SplitResult, urlsplit

import psycopg
import redis
from psycopg import sql

_REDIS_DATABASES_OF_A_LANE = 3


@contextmanager
def fresh_services(label: str, *, redis_offset: int = 0) -> Iterator[dict[str, str]]:
    """Return the variables for the stack's environment; none where the stack uses its own services.

    ``DATABASE_URL``: a new database beside the named one is made, and dropped at the end. ``REDIS_URL``: the numbered
    database, ``redis_offset`` further on, is emptied. Each lane of a run has numbers of its own.
    """
    with ExitStack() as cleanup:
        variables = {}
        if database_url := os.environ.get("DATABASE_URL"):
            variables["DATABASE_URL"] = cleanup.enter_context(_fresh_database(urlsplit(database_url), label))
        if redis_url := os.environ.get("REDIS_URL"):
            variables["REDIS_URL"] = _emptied_redis(urlsplit(redis_url), redis_offset)
        yield variables


@contextmanager
def _fresh_database(url: SplitResult, label: str) -> Iterator[str]:
    if url.scheme not in ("postgres", "postgresql"):
        raise ValueError(f"DATABASE_URL must be one of PostgreSQL, not '{url.scheme}'; leave it out for SQLite")
    name = f"{url.path.strip('/')}_{label}_{os.getpid()}"
    # psycopg wants three slashes where there is no host.
    server = f"postgresql://{url.netloc}/postgres"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield f"{url.scheme}://{url.netloc}/{name}"
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _emptied_redis(url: SplitResult, offset: int) -> str:
    # Stacks that share a numbered database would take each other's rings.
    lane = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    number = int(url.path.strip("/") or 0) + offset + lane * _REDIS_DATABASES_OF_A_LANE
    numbered = url._replace(path=f"/{number}").geturl()
    with redis.Redis.from_url(numbered) as client:
        client.flushdb()
    return numbered
