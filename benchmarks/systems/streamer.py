"""Streamer as a system under test: a stack that the bench starts, or one that runs elsewhere."""

import ipaddress
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import jwt
import psycopg
from psycopg import sql

from benchmarks.systems.cost import servers_named
from benchmarks.systems.folders import PROJECT
from benchmarks.systems.running import Running
from benchmarks.systems.unlimited import UNLIMITED
from streamer_site.local.stack import Stack
from streamer_site.local.web import Server

ACTION = "bench_work"
WORKERS = 8
USERS = 10
_TOKEN_SECONDS = 6 * 3600
BENCH_HANDLERS = {"STREAMER_HANDLERS": "benchmarks.handlers", "PYTHONPATH": str(PROJECT), "LOG_LEVEL": "WARNING"}
"""The settings of a stack that has the bench's handlers."""
# All sockets come from this machine, and echo sends as fast as it can.
_ENV = {
    **BENCH_HANDLERS,
    **UNLIMITED,
    "STREAMER_MAX_CONNECTIONS_PER_USER": "1000",
    "STREAMER_MESSAGES_PER_SECOND": "1000000",
    "STREAMER_MESSAGE_BURST": "1000000",
}


def tokens(signing_key: str, users: int = USERS) -> list[str]:
    """Sign a token for each of some users, each of a tenant of its own."""
    expiry = int(time.time()) + _TOKEN_SECONDS
    claims = ({"sub": f"user-{number}", "tenant_id": f"tenant-{number}", "exp": expiry} for number in range(users))
    return [jwt.encode(one, signing_key, "HS256") for one in claims]


@dataclass(frozen=True)
class OwnStack:
    """A stack of eight forked workers on this machine, new for each start."""

    database_url: str | None = None
    """None: SQLite, and the embedded Valkey with both databases."""
    server: Server = "daphne"
    is_ours: bool = True

    @property
    def name(self) -> str:
        return f"Streamer, {'PostgreSQL' if self.database_url else 'SQLite'}"

    def install(self) -> None:
        """Check that the database may be emptied."""
        if self.database_url:
            database_name(self.database_url)

    @contextmanager
    def start(self) -> Iterator[Running]:
        env = dict(_ENV)
        if self.database_url:
            make_database_anew(self.database_url)
            env["DATABASE_URL"] = self.database_url
        with (
            tempfile.TemporaryDirectory() as folder,
            Stack(
                Path(folder), workers=WORKERS, forks_workers=True, server=self.server, env=env, inherit_settings=False
            ) as stack,
        ):
            processes = stack.supervisor.processes.values()
            pids = [process.pid for process in processes if process.pid is not None]
            if self.database_url:
                pids += servers_named("postgres")
            key = (stack.data_dir / "jwt-signing-key").read_text().strip()
            yield Running(
                driver="streamer",
                url=stack.ws_url,
                pids=pids,
                env=stack.env,
                spec={"tokens": tokens(key), "action": ACTION, "has_bench_handlers": True},
            )


@dataclass(frozen=True)
class OtherStack:
    """A stack that runs elsewhere. It has the bench's handlers, or only ``delay`` can be measured."""

    url: str
    tokens: Sequence[str]
    has_bench_handlers: bool
    is_ours: bool = True

    @property
    def name(self) -> str:
        return f"Streamer at {urlsplit(self.url).netloc}"

    def install(self) -> None:
        """Do nothing: it runs already."""

    @contextmanager
    def start(self) -> Iterator[Running]:
        action = ACTION if self.has_bench_handlers else "delay"
        spec = {"tokens": list(self.tokens), "action": action, "has_bench_handlers": self.has_bench_handlers}
        yield Running(driver="streamer", url=self.url, same_clock=is_loopback(self.url), spec=spec)


def is_loopback(url: str) -> bool:
    """Tell if the URL is of this machine, whose clock workers and load generator then share."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def database_name(url: str) -> str:
    """Return the name of the database. Raises ``ValueError`` unless it says that it is there for the bench."""
    name = urlsplit(url).path.lstrip("/")
    if "bench" not in name:
        raise ValueError(f"The bench deletes its database, so the name must contain 'bench': '{name}' does not")
    return name


def make_database_anew(url: str) -> None:
    """Drop the database of the bench, and create it."""
    name = sql.Identifier(database_name(url))
    server = urlsplit(url)._replace(path="/postgres").geturl()
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
