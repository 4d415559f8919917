"""Starts the processes of a peer under the supervisor that Streamer's own stack uses, so none outlives the bench."""

import os
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import redis

from benchmarks.systems.folders import HOME
from streamer_site.local.ports import HOST
from streamer_site.local.process import Process, Program, end_of_log
from streamer_site.local.stack import no_output
from streamer_site.local.supervisor import Supervisor
from streamer_site.local.valkey import EmbeddedValkey

_READY_SECONDS = 60.0
_POLL_SECONDS = 0.05
_GRACE_SECONDS = 5.0


class PeerFailed(Exception):
    """A process of a peer ended, or does not listen. The text has the end of its log."""


class Peer:
    """The processes of one peer, and its Redis once ``redis_url`` was asked for."""

    def __init__(self, supervisor: Supervisor, folder: Path) -> None:
        self._supervisor = supervisor
        self._folder = folder
        self._valkey: EmbeddedValkey | None = None

    @property
    def redis_url(self) -> str:
        """Start Streamer's embedded Valkey for the peer alone, with the defaults of a Redis: no append-only file."""
        if self._valkey is None:
            self._valkey = EmbeddedValkey(self._folder)
            self._valkey.start(self._supervisor)
            with redis.Redis.from_url(self._valkey.url) as client:
                client.config_set("appendonly", "no")
        return self._valkey.url

    @property
    def pids(self) -> list[int]:
        return [process.pid for process in self._supervisor.processes.values() if process.pid is not None]

    def run(self, name: str, argv: Sequence[str | Path], env: Mapping[str, str], cwd: Path) -> Process:
        """Start a process with ``env`` laid over the environment of this one."""
        program = Program(
            name=name,
            argv=tuple(map(str, argv)),
            env={**os.environ, "PYTHONUNBUFFERED": "1", **env},
            cwd=cwd,
            grace_seconds=_GRACE_SECONDS,
        )
        return self._supervisor.add(program)

    def wait_for_port(self, port: int) -> None:
        """Wait until a process listens on ``port``."""
        deadline = time.monotonic() + _READY_SECONDS
        while True:
            if failing := self._supervisor.failing():
                raise PeerFailed(end_of_log(failing[0]))
            try:
                socket.create_connection((HOST, port), timeout=1).close()
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise PeerFailed(f"Nothing listens on port {port} after {_READY_SECONDS:.0f} s") from None
                time.sleep(_POLL_SECONDS)


@contextmanager
def supervised(name: str) -> Iterator[Peer]:
    """Yield a peer without processes. All that it starts ends with the block; logs are in ``var/bench/logs``."""
    with tempfile.TemporaryDirectory() as folder:
        supervisor = Supervisor(HOME / "logs" / name, no_output)
        try:
            yield Peer(supervisor, Path(folder))
        finally:
            supervisor.close()
