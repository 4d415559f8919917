"""Streamer's own hosts: two that serve the web, and two that each run two workers and a sweeper."""

import shutil
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from http.client import HTTPException
from pathlib import Path

import redis

from jobs.conf.redis_url import redis_client
from tests.hosts.lab import PROJECT_DIR, Host, Lab, LabFailed
from tests.hosts.servers import await_that

WEB = ("web-1", "web-2")
WORK = ("work-1", "work-2")
WORKERS_OF_A_HOST = 2
SIGNING_KEY = "the-signing-key-of-the-lab-of-several-hosts"
_PORT = 8000
_CLOCK = Path(__file__).with_name("clock.c")
_READY_SECONDS = 120.0
_ASK_SECONDS = 2.0
_PATIENT_ADMISSION = {f"STREAMER_CONNECTS_PER_{whose}": "0" for whose in ("USER", "TENANT", "ADDRESS")}


class Fleet:
    """``start`` returns once every host is ready."""

    def __init__(self, lab: Lab, variables: Mapping[str, str], clocks: Mapping[str, str]) -> None:
        """Add the hosts. ``variables`` say where the servers are; ``clocks`` how many seconds a host's clock is off."""
        self.web = [lab.add(name) for name in WEB]
        self.work = [lab.add(name) for name in WORK]
        self._variables = dict(variables)
        self._clocks = clocks
        self._lines = _procfile()

    @property
    def ws_urls(self) -> list[str]:
        return [f"ws://{host.address}:{_PORT}/ws/" for host in self.web]

    def start(self) -> None:
        self.web[0].run(["sh", "-c", self._lines["release"]], env=self._environment(self.web[0]))
        for host in self.web:
            self._start(host, "web")
        for host in self.work:
            self._start(host, "worker")
            self._start(host, "sweeper")
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        for host in self.web:
            await_that(partial(_is_ready, host), f"{host.name} is ready", _READY_SECONDS)
        count = WORKERS_OF_A_HOST * len(self.work)
        await_that(lambda: self._count_workers() >= count, f"{count} workers wait", _READY_SECONDS)

    def manage(self, *arguments: str) -> str:
        """Run a command of ``manage.py`` on a web host, and return its output, whatever its exit status."""
        host = self.web[1]
        done = host.attempt(["python", "manage.py", *arguments], env=self._environment(host))
        if not done.stdout:
            raise LabFailed(f"manage.py {arguments[0]} said nothing:\n{done.stderr.strip()}")
        return done.stdout

    def _start(self, host: Host, role: str) -> None:
        host.start(role, ["sh", "-c", f"exec {self._lines[role]}"], env=self._environment(host))

    def _environment(self, host: Host) -> dict[str, str]:
        return {
            "DJANGO_SETTINGS_MODULE": "streamer_site.settings",
            "SECRET_KEY": "the-secret-key-of-the-lab-of-several-hosts",
            "JWT_SIGNING_KEY": SIGNING_KEY,
            "ALLOWED_HOSTS": "*",
            "STREAMER_DATA_DIR": str(host.folder / "data"),
            "STREAMER_HANDLERS": "tests.chaos.handlers",
            "WORKERS": str(WORKERS_OF_A_HOST),
            "PORT": str(_PORT),
            **_PATIENT_ADMISSION,
            **self._variables,
            **self._clock_of(host),
        }

    def _clock_of(self, host: Host) -> dict[str, str]:
        if host.name not in self._clocks:
            return {}
        library = host.folder / "clock.so"
        if not library.exists():
            host.run([compiler(), "-shared", "-fPIC", "-o", library, _CLOCK, "-ldl"])
        return {"LD_PRELOAD": str(library), "STREAMER_LAB_CLOCK": self._clocks[host.name]}

    def _count_workers(self) -> int:
        with (
            suppress(redis.RedisError, OSError),
            redis_client(self._variables["REDIS_URL"], socket_timeout=2) as client,
        ):
            return int(client.scard("rq:workers"))
        return 0


def compiler() -> str:
    """Return the path of a C compiler, with which a host gets a clock of its own; empty when there is none."""
    return shutil.which("cc") or ""


def _procfile() -> dict[str, str]:
    lines = (PROJECT_DIR / "Procfile").read_text().splitlines()
    return {line.partition(":")[0]: line.partition(":")[2].strip() for line in lines if line}


def _is_ready(host: Host) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with suppress(OSError, HTTPException), opener.open(f"http://{host.address}:{_PORT}/readyz", timeout=_ASK_SECONDS):
        return True
    return False
