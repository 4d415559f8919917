"""Faults of the database: its backends are ended, it takes no connections, it is locked, it cannot clean up."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from tests.chaos.faults.scene import Scene
from tests.chaos.triggers import ChaosFailed

_CUTS = 5
_BETWEEN_SECONDS = 0.3
# Longer than ``lock_timeout`` on PostgreSQL, shorter than the patience of SQLite.
_LOCKED_SECONDS = 12.0
_VERSIONS = 3_000


@asynccontextmanager
async def _restart_postgres(scene: Scene) -> AsyncIterator[None]:
    command = await asyncio.create_subprocess_shell(scene.postgres_restart)
    scene.release()
    if await command.wait():
        raise ChaosFailed(f"'{scene.postgres_restart}' failed with status {command.returncode}")
    yield


@asynccontextmanager
async def _end_all_backends(scene: Scene) -> AsyncIterator[None]:
    """End every backend of the stack, several times, as an operator does or a server that is short of memory."""
    await asyncio.to_thread(end_backends, scene.database_url)
    scene.release()
    ending = asyncio.create_task(_end_again(scene.database_url))
    try:
        yield
    finally:
        await ending


async def _end_again(url: str) -> None:
    for _ in range(_CUTS):
        await asyncio.sleep(_BETWEEN_SECONDS)
        await asyncio.to_thread(end_backends, url)


@asynccontextmanager
async def _refuse_connections(scene: Scene) -> AsyncIterator[None]:
    """Have the server refuse every new connection, as when all are taken, and end those that there are."""
    await asyncio.to_thread(_allow_connections, scene.database_url, False)
    await asyncio.to_thread(end_backends, scene.database_url)
    scene.release()
    try:
        yield
        await asyncio.sleep(scene.away_seconds)  # the length of the fault itself
    finally:
        await asyncio.to_thread(_allow_connections, scene.database_url, True)


@asynccontextmanager
async def _lock_requests(scene: Scene) -> AsyncIterator[None]:
    """Hold a lock that every thread with a database connection soon waits for: the pool is exhausted."""
    with _locked(scene):
        scene.release()
        yield
        await asyncio.sleep(_LOCKED_SECONDS)  # the length of the fault itself


@contextmanager
def _locked(scene: Scene) -> Iterator[None]:
    if not scene.database_url:
        with closing(_sqlite(scene)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield
            connection.rollback()
        return
    with psycopg.connect(_plain(scene.database_url)) as held:
        held.execute("LOCK TABLE jobs_asyncrequest IN ACCESS EXCLUSIVE MODE")
        yield
        held.rollback()


@asynccontextmanager
async def _hold_snapshot(scene: Scene) -> AsyncIterator[None]:
    """Leave a transaction idle that has read, so that no dead version of a row can go, and make thousands of them."""
    with _snapshot(scene):
        await asyncio.to_thread(_make_versions, scene)
        scene.release()
        yield


@contextmanager
def _snapshot(scene: Scene) -> Iterator[None]:
    if not scene.database_url:
        with closing(_sqlite(scene)) as connection:
            connection.execute("BEGIN")
            connection.execute("SELECT COUNT(*) FROM jobs_requestevent").fetchone()
            yield
        return
    with psycopg.connect(_plain(scene.database_url)) as held:
        held.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        held.execute("SELECT COUNT(*) FROM jobs_requestevent")
        yield
        held.rollback()


def _make_versions(scene: Scene) -> None:
    change = "UPDATE jobs_asyncrequest SET priority = priority WHERE finished_at IS NULL"
    if not scene.database_url:
        with closing(_sqlite(scene)) as connection:
            for _ in range(_VERSIONS // 10):
                connection.execute(change)
        return
    with psycopg.connect(_plain(scene.database_url), autocommit=True) as connection:
        for _ in range(_VERSIONS // 10):
            connection.execute(change)


def end_backends(url: str) -> None:
    """End all connections to the database of ``url`` but those of this function."""
    query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
    with psycopg.connect(_plain(url, "postgres"), autocommit=True) as connection:
        connection.execute(query, [_name_of(url)])


def _allow_connections(url: str, allowed: bool) -> None:
    text = sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS {}")
    with psycopg.connect(_plain(url, "postgres"), autocommit=True) as connection:
        connection.execute(text.format(sql.Identifier(_name_of(url)), sql.Literal(allowed)))


def _name_of(url: str) -> str:
    return urlsplit(url).path.strip("/")


def _plain(url: str, database: str = "") -> str:
    """Return the URL as psycopg takes it, of another database of the same server if one is named."""
    parts = urlsplit(url)
    return f"postgresql://{parts.netloc}/{database or _name_of(url)}"


def _sqlite(scene: Scene) -> sqlite3.Connection:
    path = scene.ground.stack.data_dir / "streamer.sqlite3"
    return sqlite3.connect(path, timeout=20, isolation_level=None, check_same_thread=False)


FAULTS = {
    "postgres-restart": _restart_postgres,
    "postgres-cut": _end_all_backends,
    "postgres-refuses": _refuse_connections,
    "database-locked": _lock_requests,
    "old-snapshot": _hold_snapshot,
}
