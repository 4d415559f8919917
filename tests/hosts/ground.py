"""Servers and a fleet, in the ways in which scenarios want them."""

import json
import sys
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tests.hosts import servers
from tests.hosts.fleet import Fleet, compiler
from tests.hosts.lab import Host, Lab
from tests.hosts.servers import PostgreSQL

_BUCKET = "lab"
_KEYS = {"AWS_ACCESS_KEY_ID": "lab", "AWS_SECRET_ACCESS_KEY": "lab", "AWS_REGION": "us-east-1"}


@dataclass
class Servers:
    """The servers that a kind of ground has made."""

    database: PostgreSQL
    variables: dict[str, str]
    others: list[PostgreSQL] = field(default_factory=list)
    """The replicas."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of ground."""

    name: str
    build: Callable[[Lab], Servers]
    clocks: dict[str, str] = field(default_factory=dict)
    needs: Callable[[], str] = str
    """Says what this machine lacks; empty when it lacks nothing."""


class Ground:
    """``with Ground(kind, folder) as ground``: all hosts up and ready."""

    def __init__(self, kind: Kind, folder: Path) -> None:
        self.kind = kind
        self.lab = Lab(folder)
        self._known: set[str] = set()

    def __enter__(self) -> Self:
        self.lab.__enter__()
        try:
            self.servers = self.kind.build(self.lab)
            self.servers.variables |= _store_files(self.lab)
            self.fleet = Fleet(self.lab, self.servers.variables, self.kind.clocks)
            self.fleet.start()
        except BaseException:
            self.lab.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.lab.__exit__()

    def host(self, name: str) -> Host:
        return self.lab.hosts[name]

    def examine(self) -> list[str]:
        """Return the doctor's new findings in words, none when all is well."""
        checks = json.loads(self.fleet.manage("streamer_doctor", "--json"))["checks"]
        found = {f"{one['name']}: {one['count']} ({', '.join(one['examples'])})" for one in checks if one["finding"]}
        new = sorted(found - self._known)
        self._known |= found
        return new


def _plain(lab: Lab) -> Servers:
    database = _postgres(lab, "postgres-1")
    return Servers(database, {"DATABASE_URL": database.url, "REDIS_URL": _redis(lab, "redis-1")})


def _with_pgbouncer(lab: Lab) -> Servers:
    database = _postgres(lab, "postgres-1")
    # Fewer than the processes that want one: without a pool by transaction they would wait for each other.
    url = servers.start_pgbouncer(lab.add("pgbouncer"), database, connections=6)
    for name, value in (("lock_timeout", "10s"), ("idle_in_transaction_session_timeout", "8s")):
        database.execute(f"ALTER ROLE postgres SET {name} = '{value}'")
    variables = {"DATABASE_URL": url, "STREAMER_DATABASE_POOLER": "transaction", "REDIS_URL": _redis(lab, "redis-1")}
    return Servers(database, variables)


def _with_sentinels(lab: Lab) -> Servers:
    database = _postgres(lab, "postgres-1")
    master, replica = lab.add("redis-1"), lab.add("redis-2")
    servers.start_redis(master)
    servers.start_redis(replica, replica_of=master)
    sentinels = [lab.add(f"sentinel-{number}") for number in (1, 2, 3)]
    for host in sentinels:
        servers.start_sentinel(host, master, quorum=2)
    servers.await_sentinels(sentinels)
    addresses = ",".join(f"{host.address}:26379" for host in sentinels)
    url = f"redis+sentinel://{addresses}/{servers.SERVICE}/0"
    return Servers(database, {"DATABASE_URL": database.url, "REDIS_URL": url})


def _with_replica(lab: Lab, *, synchronous: bool) -> Servers:
    database, replica = _postgres(lab, "postgres-1"), PostgreSQL(host=lab.add("postgres-2"))
    replica.start_replica(database)
    if synchronous:
        database.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
        database.execute("SELECT pg_reload_conf()")
    hosts = ",".join(f"{one.host.address}:5432" for one in (database, replica))
    url = f"postgres://postgres@{hosts}/{servers.DATABASE}"
    return Servers(database, {"DATABASE_URL": url, "REDIS_URL": _redis(lab, "redis-1")}, [replica])


def _with_shards(lab: Lab) -> Servers:
    found = _plain(lab)
    urls = [_redis(lab, f"channels-{number}") for number in (1, 2)]
    return Servers(found.database, {**found.variables, "STREAMER_CHANNEL_REDIS_URLS": ",".join(urls)})


def _postgres(lab: Lab, name: str) -> PostgreSQL:
    database = PostgreSQL(host=lab.add(name))
    database.start()
    return database


def _redis(lab: Lab, name: str) -> str:
    host = lab.add(name)
    servers.start_redis(host)
    return f"redis://{host.address}:6379/0"


def _store_files(lab: Lab) -> dict[str, str]:
    endpoint = servers.start_s3(lab.add("files"), sys.executable)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def has_bucket() -> bool:
        try:
            with opener.open(urllib.request.Request(f"{endpoint}/{_BUCKET}", method="PUT"), timeout=5):
                return True
        except OSError:
            return False

    servers.await_that(has_bucket, "the S3 server has a bucket")
    return {"STREAMER_STORAGE": f"s3://{_BUCKET}/files", "AWS_ENDPOINT_URL_S3": endpoint, **_KEYS}


PLAIN = Kind(name="plain", build=_plain)
SKEWED = Kind(
    name="clocks",
    build=_plain,
    clocks={"work-1": "3", "web-2": "-3"},
    needs=lambda: "" if compiler() else "a C compiler (Debian's gcc)",
)
PGBOUNCER = Kind(
    name="pgbouncer",
    build=_with_pgbouncer,
    needs=lambda: "" if servers.has_pgbouncer() else "pgbouncer (Debian's pgbouncer)",
)
SENTINELS = Kind(name="sentinels", build=_with_sentinels)
SYNCHRONOUS = Kind(name="synchronous", build=lambda lab: _with_replica(lab, synchronous=True))
ASYNCHRONOUS = Kind(name="asynchronous", build=lambda lab: _with_replica(lab, synchronous=False))
SHARDED = Kind(name="sharded", build=_with_shards)
