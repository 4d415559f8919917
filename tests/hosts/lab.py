"""A lab: hosts, each a network namespace, on one bridge. Their links can be cut, parted, slowed down and restored.

Only iproute2 is needed. The run itself stands on the bridge, as the clients' network does. It must be enclosed
(``enclosure``): then nothing of a lab outlives it.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from streamer_site.local.process import Process, Program
from streamer_site.local.supervisor import Supervisor

_BRIDGE = "lab"
_NETWORK = "10.83.0"
_CLIENTS = 1
_FIRST = 11
# No host has it, so a packet to it is lost without a word, on connections that stand too.
_NOWHERE = "02:00:00:00:00:01"
# Each host has a name of its own too, of which processes make theirs.
_NAMED = ("unshare", "--uts", "sh", "-c", 'hostname "$1" && shift && exec "$@"', "sh")
PROJECT_DIR = Path(__file__).resolve().parents[2]


class LabFailed(Exception):
    """The lab itself cannot go on. The text says why. It is no verdict on the product."""


class Host:
    """One host. ``Lab.add`` makes it."""

    def __init__(self, name: str, address: str, lab: "Lab") -> None:
        self.name = name
        self.address = address
        self.folder = lab.folder / name
        self.folder.mkdir(mode=0o755)
        self._lab = lab

    def start(
        self,
        name: str,
        argv: Sequence[str | Path],
        *,
        env: Mapping[str, str] | None = None,
        user: str = "",
        is_base: bool = False,
    ) -> Process:
        """Keep a program running on this host. ``is_base``: others need it, so it ends after them."""
        program = Program(
            name=f"{self.name}-{name}",
            argv=tuple(self._here(argv, user)),
            env={**_plain_environment(), **(env or {})},
            cwd=PROJECT_DIR if not user else self.folder,
            is_base=is_base,
        )
        return self._lab.supervisor.add(program)

    def run(self, argv: Sequence[str | Path], *, env: Mapping[str, str] | None = None, user: str = "") -> str:
        """Run a program on this host to its end, and return its output. Raises ``LabFailed``."""
        done = self.attempt(argv, env=env, user=user)
        if done.returncode:
            raise LabFailed(f"On {self.name}, {Path(argv[0]).name} failed:\n{(done.stderr or done.stdout).strip()}")
        return done.stdout

    def attempt(
        self, argv: Sequence[str | Path], *, env: Mapping[str, str] | None = None, user: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Do as ``run``, for a program whose failure is an answer."""
        return subprocess.run(
            self._here(argv, user),
            env={**_plain_environment(), **(env or {})},
            cwd=PROJECT_DIR if not user else self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    def processes(self) -> list[Process]:
        return self._lab.supervisor.named(self.name)

    def lose_power(self) -> None:
        """Cut the host off, and kill all that runs on it: nobody outside hears a word."""
        self.cut()
        self._lab.supervisor.stop(self.processes(), signal.SIGKILL)
        for pid in _ip("netns", "pids", self.name).split():
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)

    def return_power(self) -> None:
        """Connect the host, and start what ran on it."""
        self.connect()
        for process in self.processes():
            self._lab.supervisor.add(process.program)

    # --- the host's link -----------------------------------------------------------------------------------------

    def cut(self) -> None:
        """Lose every packet from and to this host."""
        _ip("link", "set", self._plug, "down")

    def connect(self) -> None:
        _ip("link", "set", self._plug, "up")

    def part_from(self, other: "Host") -> None:
        """Lose every packet between the two hosts, and no other."""
        self._send_nowhere(other)
        other._send_nowhere(self)

    def meet(self, other: "Host") -> None:
        """End what ``part_from`` began."""
        for one, another in ((self, other), (other, self)):
            _ip("-n", one.name, "neigh", "del", another.address, "dev", "eth0")

    def slow_down(self, kilobits: int) -> None:
        """Send no more than this per second; what does not fit waits in a queue of half a second."""
        rate = ("root", "tbf", "rate", f"{kilobits}kbit", "burst", "4kb", "latency", "500ms")
        for namespace, device in ((self.name, "eth0"), ("", self._plug)):
            _command("tc", *(("-n", namespace) if namespace else ()), "qdisc", "add", "dev", device, *rate)

    def speed_up(self) -> None:
        """End what ``slow_down`` began."""
        for namespace, device in ((self.name, "eth0"), ("", self._plug)):
            _command("tc", *(("-n", namespace) if namespace else ()), "qdisc", "del", "dev", device, "root")

    def _send_nowhere(self, other: "Host") -> None:
        neighbour = ("neigh", "replace", other.address, "lladdr", _NOWHERE, "nud", "permanent", "dev", "eth0")
        _ip("-n", self.name, *neighbour)

    @property
    def _plug(self) -> str:
        """The end of the host's cable that is in the bridge."""
        return f"to-{self.name}"

    def _make(self) -> None:
        _ip("netns", "add", self.name)
        _ip("link", "add", self._plug, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        _ip("link", "set", self._plug, "master", _BRIDGE, "up")
        _ip("-n", self.name, "addr", "add", f"{self.address}/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            _ip("-n", self.name, "link", "set", device, "up")

    def _here(self, argv: Sequence[str | Path], user: str) -> list[str]:
        as_user = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"] if user else []
        return ["ip", "netns", "exec", self.name, *_NAMED, self.name, *as_user, *map(str, argv)]


class Lab:
    """``with Lab(folder) as lab``: a bridge, without hosts yet. All of it is gone afterwards."""

    def __init__(self, folder: Path) -> None:
        """Prepare a lab. ``folder`` gets a folder for each host, and the logs of all programs."""
        self.folder = folder
        self.hosts: dict[str, Host] = {}

    def __enter__(self) -> Self:
        try:
            self.folder.mkdir(parents=True)
        except FileExistsError:
            raise LabFailed(f"There is a {self.folder} already. Each run needs a folder of its own.") from None
        self.supervisor = Supervisor(self.folder / "logs", lambda name, line: None)
        _ip("link", "add", _BRIDGE, "type", "bridge")
        _ip("addr", "add", f"{_NETWORK}.{_CLIENTS}/24", "dev", _BRIDGE)
        _ip("link", "set", _BRIDGE, "up")
        return self

    def __exit__(self, *_: object) -> None:
        self.supervisor.close()
        for host in self.hosts.values():
            _ip("link", "del", host._plug)  # a namespace's own end would go some time after the namespace
            _ip("netns", "del", host.name)
        _ip("link", "del", _BRIDGE)

    def add(self, name: str) -> Host:
        """Add a host. Its name has at most 12 signs."""
        host = Host(name, f"{_NETWORK}.{_FIRST + len(self.hosts)}", self)
        host._make()
        self.hosts[name] = host
        return host


def _ip(*arguments: str) -> str:
    return _command("ip", *arguments)


def _command(*argv: str) -> str:
    done = subprocess.run(argv, capture_output=True, text=True)
    if done.returncode:
        raise LabFailed(f"{' '.join(argv)}: {done.stderr.strip()}")
    return done.stdout


def _plain_environment() -> dict[str, str]:
    return {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "LANG": "C.UTF-8", "HOME": "/tmp"}
