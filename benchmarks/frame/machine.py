"""Tells on which machine, and with which versions, the bench ran."""

import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.systems.folders import BENCHMARKS, PROJECT

_OURS = ("Django", "channels", "daphne", "uvicorn", "rq", "redis", "duckdb")
_PEERS = ("bullmq", "socket.io", "celery", "arq", "rq", "python-socketio", "fastapi", "gradio")


def conditions(arguments: Sequence[str], rounds: int) -> str:
    """Describe the run: command, day, machine and versions."""
    command = shlex.join(["python", "-m", "benchmarks", *_without_secrets(arguments)])
    versions = ", ".join(f"{name} {version(name)}" for name in _OURS)
    peers = ", ".join(f"{name} {number}" for name, number in peer_versions().items())
    return (
        f"`{command}` on {datetime.now(UTC):%Y-%m-%d}, {rounds} round{'' if rounds == 1 else 's'}, commit {_commit()}. "
        f"Machine: {_processor()}, {os.cpu_count()} processors, {_memory_gb():.0f} GB, "
        f"{platform.system()} {platform.release()}. Python {platform.python_version()}, {versions}. Peers: {peers}."
    )


def peer_versions() -> dict[str, str]:
    """Read the versions of the peers from their lock files."""
    found: dict[str, str] = {}
    for lock in sorted((BENCHMARKS / "peers").glob("*/requirements.in")):
        found.update(
            (line.split("==")[0].partition("[")[0], line.split("==")[1].strip())
            for line in lock.read_text().splitlines()
            if "==" in line
        )
    for line in (BENCHMARKS / "peers" / "bullmq" / "package.json").read_text().splitlines():
        name, colon, number = line.strip().rstrip(",").partition(": ")
        if colon:
            found[name.strip('"')] = number.strip('"')
    return {name: found[name] for name in _PEERS if name in found}


def load_average() -> float:
    """Return how many processes have wanted a processor in the last minute."""
    return os.getloadavg()[0]


def _without_secrets(arguments: Sequence[str]) -> list[str]:
    shown, secret_next = [], False
    for argument in arguments:
        option, equals, _ = argument.partition("=")
        is_secret = option in ("--token", "--signing-key", "--database")
        shown.append("…" if secret_next else f"{option}=…" if is_secret and equals else argument)
        secret_next = is_secret and not equals
    return shown


def _commit() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


def _processor() -> str:
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
